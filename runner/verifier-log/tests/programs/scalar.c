// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "fixture.h"

SEC("raw_tp/sys_enter")
int peek(__u64 *ctx)
{
	__u64 *regs = (void *)ctx[0];

	return regs[2];
}
