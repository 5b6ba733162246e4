// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "fixture.h"

SEC("raw_tp/sys_enter")
int forever(void *ctx)
{
	__u64 sum = 0;

	for (__u64 i = 0; i < 2000000; i++)
		sum += bpf_get_prandom_u32() & i;
	return sum & 1;
}
