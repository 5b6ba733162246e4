// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "../programs/fixture.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u64);
	__type(value, __u64);
} h SEC(".maps");
SEC("xdp")
int p(struct xdp_md *ctx)
{
	__u32 k = 0;
	__u64 *v = bpf_map_lookup_elem(&h, &k);
	return v ? *v : 0;
}
