// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "../programs/fixture.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} rb SEC(".maps");

SEC("xdp")
int p(struct xdp_md *ctx)
{
	__u64 *e = bpf_ringbuf_reserve(&rb, 8, 0);
	if (!e)
		return 0;
	*e = 1;
	bpf_ringbuf_submit(e, 0);
	*e = 2;
	return 0;
}
