// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

__u32 which;

SEC("xdp")
int pick(struct xdp_md *ctx)
{
	__u32 interface = ctx->ingress_ifindex;
	__u32 queue = ctx->rx_queue_index;

	/* Else the compiler would choose first and read then. */
	asm volatile("" : "+r"(interface), "+r"(queue));
	return (which ? queue : interface) == 1 ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
