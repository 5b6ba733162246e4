// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "../programs/fixture.h"

SEC("xdp")
int p(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data;
	__u8 *end = (void *)(long)ctx->data_end;
	if (data + 14 > end)
		return 0;
	return data[14];
}
