// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

__u32 other;

SEC("xdp")
int choose(struct xdp_md *ctx)
{
	__u32 number;

	if (other)
		number = other;
	else
		number = ctx->ingress_ifindex;
	return number == 1 ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
