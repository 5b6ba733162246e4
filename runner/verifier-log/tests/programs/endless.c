// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "fixture.h"

SEC("raw_tp/sys_enter")
__attribute__((naked)) int spin(void)
{
	asm volatile("r0 = 0; 1: r1 = 1; if r0 != 7 goto 1b; exit;");
}
