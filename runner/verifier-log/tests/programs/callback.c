// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "fixture.h"

static long each(__u32 i, void *arg)
{
	return 2;
}

SEC("raw_tp/sys_enter")
int repeat(void *ctx)
{
	bpf_loop(4, each, 0, 0);
	return 0;
}
