// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "fixture.h"

SEC("raw_tp/sys_enter")
int pick(void *ctx)
{
	volatile char names[16] = {};
	__u32 i = bpf_get_prandom_u32() & 31;

	return names[i];
}
