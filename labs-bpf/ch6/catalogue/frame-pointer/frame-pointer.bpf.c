// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int make_room(void *ctx)
{
	asm volatile("r1 = r10\n\t"
		     "r1 += -8\n\t"
		     "r2 = 0\n\t"
		     "*(u64 *)(r1 + 0) = r2"
		     :
		     :
		     : "r1", "r2", "memory");
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
