// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "fixture.h"

SEC("xdp")
int length(struct xdp_md *ctx)
{
	char *end = (void *)(long)ctx->data_end;

	asm volatile("" : "+r"(end));
	end += 1;
	return end == (void *)(long)ctx->data ? XDP_DROP : XDP_PASS;
}
