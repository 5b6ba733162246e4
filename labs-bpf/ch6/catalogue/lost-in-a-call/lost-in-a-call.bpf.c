// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int kept(void *ctx)
{
	__u64 sum;

	asm volatile("r6 = 5\n\t"
		     "call %[ktime]\n\t"
		     "%0 = r6"
		     : "=r"(sum)
		     : [ktime] "i"(bpf_ktime_get_ns)
		     : "r0", "r1", "r2", "r3", "r4", "r5", "r6");
	return sum;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
