// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

__u32 which;

SEC("xdp")
int pick(struct xdp_md *ctx)
{
	return (which ? ctx->ingress_ifindex : ctx->rx_queue_index) == 1 ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
