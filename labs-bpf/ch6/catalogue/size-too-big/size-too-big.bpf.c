// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int name(void *ctx)
{
	char command[TASK_COMM_LEN];

	bpf_get_current_comm(command, sizeof(command));
	return command[0];
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
