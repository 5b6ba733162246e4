// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

__u64 result;

SEC("raw_tp/sys_enter")
int sum(void *ctx)
{
	/* volatile: so that the compiler really keeps it on the stack. */
	volatile __u64 total = 0;

	total += bpf_get_current_pid_tgid();
	result = total;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
