// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

struct event {
	__u32 pid;
	__u32 uid;
	__u32 parent_pid;
	char command[TASK_COMM_LEN];
	char parent_command[TASK_COMM_LEN];
};

/* Without a global of this type it would not be in the object's BTF, where user space reads it. */
struct event *unused;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps");

/* Run when a process has become another program. */
SEC("raw_tp/sched_process_exec")
int on_exec(void *ctx)
{
	/* The address of the kernel's own description of this process. */
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event)
		return 0;
	event->uid = bpf_get_current_uid_gid();
	event->pid = BPF_CORE_READ(task, tgid);
	BPF_CORE_READ_STR_INTO(&event->command, task, comm);
	/* task->real_parent->tgid */
	event->parent_pid = BPF_CORE_READ(task, real_parent, tgid);
	BPF_CORE_READ_STR_INTO(&event->parent_command, task, real_parent, comm);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
