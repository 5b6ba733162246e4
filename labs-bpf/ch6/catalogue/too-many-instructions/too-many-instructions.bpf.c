// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

const volatile __u32 rounds = 1000;

SEC("raw_tp/sys_enter")
int work(void *ctx)
{
	__u32 end = rounds;

	for (__u32 i = 0; i < end; i++)
		asm volatile(".rept 100\n\t"
			     "%0 = %0\n\t"
			     ".endr"
			     : "+r"(i));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
