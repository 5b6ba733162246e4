// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "fixture.h"

SEC("cgroup/sock_create")
int allow(void *ctx)
{
	return 2;
}
