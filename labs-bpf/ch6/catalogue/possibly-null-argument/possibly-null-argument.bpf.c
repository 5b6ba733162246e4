// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

struct bpf_iter_meta;

struct iterated {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

__u32 tasks;

SEC("iter/task")
int count(struct iterated *ctx)
{
	struct task_struct *task = ctx->task;

	if (task && task->pid == task->tgid)
		tasks += 1;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
