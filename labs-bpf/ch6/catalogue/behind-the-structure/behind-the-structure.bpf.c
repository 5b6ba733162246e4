// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

SEC("tp_btf/sched_process_exec")
int exec(__u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];

	return task->pid;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
