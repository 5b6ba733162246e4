// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

__u32 number = 1;

/* Not static: the verifier looks at it once, for all callers. */
__noinline int read_it(__u32 *where)
{
	if (!where)
		return 0;
	return *where;
}

SEC("raw_tp/sys_enter")
int call(void *ctx)
{
	__u32 copy = number;

	return read_it(&copy);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
