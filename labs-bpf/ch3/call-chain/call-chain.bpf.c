// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/* __noinline keeps it a function: else the compiler puts the code into its caller. */
static __noinline __u64 twice(__u64 number)
{
	return 2 * number;
}

static __noinline __u64 twice_and_one(__u64 number)
{
	return twice(number) + 1;
}

SEC("xdp")
int chain(struct xdp_md *ctx)
{
	__u64 length = (long)ctx->data_end - (long)ctx->data;

	return twice_and_one(length + 1000);
}

/* The same but for one number. */
SEC("xdp")
int other_chain(struct xdp_md *ctx)
{
	__u64 length = (long)ctx->data_end - (long)ctx->data;

	return twice_and_one(length + 2000);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
