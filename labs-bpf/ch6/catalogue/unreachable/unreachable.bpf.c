// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int jump(void *ctx)
{
	__u64 result;

	asm volatile("%0 = 1\n\t"
		     "goto +0\n\t"
		     "%0 = 2"
		     : "=r"(result));
	return result;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
