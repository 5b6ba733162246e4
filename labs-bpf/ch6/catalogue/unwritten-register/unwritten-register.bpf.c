// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int add(void *ctx)
{
	__u64 sum;

	asm volatile("r2 = 1\n\t"
		     "%0 = r2"
		     : "=r"(sum)
		     :
		     : "r2");
	return sum;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
