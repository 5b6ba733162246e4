// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

__u64 slots[8];

SEC("raw_tp/sys_enter")
int second(void *ctx)
{
	__u64 *slot = slots;
	__u64 step = 1;

	asm volatile("%0 *= 2" : "+r"(step));
	slot += step & 7;
	*slot += 1;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
