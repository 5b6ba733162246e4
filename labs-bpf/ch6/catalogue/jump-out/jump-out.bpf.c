// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int jump(void *ctx)
{
	asm volatile("goto +0");
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
