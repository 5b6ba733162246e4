// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "../programs/fixture.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64[2]);
} arr SEC(".maps");

SEC("xdp")
int p(struct xdp_md *ctx)
{
	__u32 k = 0;
	__u8 *v = bpf_map_lookup_elem(&arr, &k);
	if (!v)
		return 0;
	int i = bpf_get_prandom_u32();
	if (i > 15)
		return 0;
	return v[i];
}
