// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "fixture.h"

SEC("raw_tp/sys_enter")
__attribute__((naked)) int dead_code(void)
{
	asm volatile("r0 = 0; goto +1; r0 = 1; exit;");
}
