// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "fixture.h"

SEC("raw_tp/sys_enter")
int no_result(void *ctx)
{
	int result;

	asm volatile("%[result] = r8" : [result] "=r"(result));
	return result;
}
