// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "fixture.h"

SEC("tp_btf/sys_enter")
int overwrite(__u64 *ctx)
{
	ctx[0] = 1;
	return 0;
}
