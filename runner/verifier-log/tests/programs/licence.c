// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "Proprietary"
#include "fixture.h"

SEC("raw_tp/sys_enter")
int say_hello(void *ctx)
{
	bpf_printk("hello");
	return 0;
}
