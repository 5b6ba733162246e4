// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "fixture.h"

__attribute__((noinline)) int length_of(struct xdp_md *ctx)
{
	return ctx->data_end - ctx->data;
}

SEC("xdp")
int measure(struct xdp_md *ctx)
{
	__u64 fake[3] = {};

	return length_of((void *)fake) > 60 ? XDP_PASS : XDP_DROP;
}
