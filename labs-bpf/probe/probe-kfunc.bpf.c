// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/* One feature that is newer than Linux 5.10: see labs/src/bin/probe/newer.rs. */
#include "kernel.h"
#include <bpf/bpf_helpers.h>

struct task_struct *bpf_task_from_pid(__s32 pid) __ksym;
void bpf_task_release(struct task_struct *task) __ksym;

SEC("syscall")
int try_kfunc(__u32 *pid)
{
	struct task_struct *task = bpf_task_from_pid(*pid);

	if (!task)
		return 1;
	bpf_task_release(task);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
