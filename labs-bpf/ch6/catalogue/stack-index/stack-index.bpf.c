// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

__u32 position = 1;

SEC("raw_tp/sys_enter")
int pick(void *ctx)
{
	char command[TASK_COMM_LEN];

	bpf_get_current_comm(command, sizeof(command));
	return command[position & (TASK_COMM_LEN - 1)];
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
