// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "../programs/fixture.h"

SEC("tracepoint/syscalls/sys_enter_read")
int p(void *ctx)
{
	char *t = (void *)bpf_get_current_task();
	return t[8];
}
