// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} next SEC(".maps");

static __noinline int go_on(struct xdp_md *ctx)
{
	volatile int result = XDP_PASS;

	bpf_tail_call(ctx, &next, 0);
	return result;
}

SEC("xdp")
int start(struct xdp_md *ctx)
{
	char bytes[200];

	bytes[0] = ctx->ingress_ifindex;
	asm volatile("" : : "r"(bytes) : "memory"); /* the compiler keeps all of them for this */
	return go_on(ctx) + bytes[0] ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
