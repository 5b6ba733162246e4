// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int half(void *ctx)
{
	__u64 number = bpf_ktime_get_ns();

	asm volatile("%0 /= 2" : "+r"(number));
	return number & 1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
