// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

static __noinline int inner(struct xdp_md *ctx)
{
	char bytes[150];

	bytes[0] = ctx->rx_queue_index;
	asm volatile("" : : "r"(bytes) : "memory"); /* the compiler keeps all of them for this */
	return bytes[0];
}

SEC("xdp")
int outer(struct xdp_md *ctx)
{
	char bytes[300];

	bytes[0] = ctx->ingress_ifindex;
	asm volatile("" : : "r"(bytes) : "memory");
	return inner(ctx) + bytes[0] ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
