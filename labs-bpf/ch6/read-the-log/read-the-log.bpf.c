// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/* In the map .data: user space may change it, so the verifier does not know its value. */
__u32 usual_slot = 8;
__u32 lengths[16];

SEC("xdp")
int read_me(struct xdp_md *ctx)
{
	__u32 length = ctx->data_end - ctx->data;
	__u32 slot = usual_slot;

	if (slot > 15)
		return XDP_PASS;
	if (length < 64)
		slot = 0; /* two ways lead to the next line: the verifier takes both */
	lengths[slot] = length;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
