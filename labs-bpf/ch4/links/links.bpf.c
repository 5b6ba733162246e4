// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/* How many packets each program has seen. */
__u32 by_first;
__u32 by_second;

SEC("xdp")
int first(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&by_first, 1);
	return XDP_PASS;
}

SEC("xdp")
int second(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&by_second, 1);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
