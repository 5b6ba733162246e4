// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "fixture.h"

static __attribute__((noinline)) int inner(int n)
{
	volatile char bytes[300] = {};

	return bytes[n & 127];
}

SEC("xdp")
int outer(struct xdp_md *ctx)
{
	volatile char bytes[300] = {};
	int n = bpf_get_prandom_u32();

	return inner(n) + bytes[n & 127];
}
