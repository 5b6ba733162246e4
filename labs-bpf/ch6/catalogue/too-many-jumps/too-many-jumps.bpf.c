// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

const volatile __u32 rounds = 8000;

SEC("raw_tp/sys_enter")
int search(void *ctx)
{
	__u32 end = rounds;

	for (__u32 i = 0; i < end; i++)
		asm goto("if %0 == 7 goto %l[found]" ::"r"(bpf_get_prandom_u32())::found);
	return 0;
found:
	return 1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
