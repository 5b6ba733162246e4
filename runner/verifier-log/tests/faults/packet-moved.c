// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "../programs/fixture.h"

SEC("xdp")
int p(struct xdp_md *ctx)
{
	char *data = (void *)(long)ctx->data;
	char *end = (void *)(long)ctx->data_end;
	if (data + 14 > end)
		return 0;
	if (bpf_xdp_adjust_head(ctx, 4))
		return 1;
	return data[0];
}
