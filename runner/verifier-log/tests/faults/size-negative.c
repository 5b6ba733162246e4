// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "../programs/fixture.h"

SEC("tracepoint/syscalls/sys_enter_read")
int p(__u64 *ctx)
{
	char buf[32];
	int n = (int)ctx[3];
	if (n > 32)
		return 0;
	bpf_probe_read_kernel(buf, n, (void *)ctx[2]);
	return buf[0];
}
