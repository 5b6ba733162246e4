// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int upper(void *ctx)
{
	__u64 number = bpf_get_current_pid_tgid();

	asm volatile("%0 >>= 32" : "+r"(number));
	return number;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
