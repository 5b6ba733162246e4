// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int deep(void *ctx)
{
	asm volatile("r1 = 0\n\t"
		     "*(u64 *)(r10 - 512) = r1"
		     :
		     :
		     : "r1", "memory");
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
