// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "fixture.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} next SEC(".maps");

static __attribute__((noinline)) int hop(struct xdp_md *ctx)
{
	volatile char bytes[300] = {};

	bpf_tail_call(ctx, &next, 0);
	return bytes[2];
}

SEC("xdp")
int start(struct xdp_md *ctx)
{
	volatile char bytes[300] = {};

	return hop(ctx) + bytes[1];
}
