// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

static __noinline int sum_to(int n)
{
	int sum = 0;

	for (int i = 0; i <= n && i < 16; i++)
		sum += i;
	return sum;
}

SEC("xdp")
int start(struct xdp_md *ctx)
{
	return sum_to(ctx->rx_queue_index) ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
