// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* The process that is listed, with its threads and its children. User space sets it. */
const volatile int watched;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* What an iterator program is given: where to print, and an object of its kind. */
struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 seq_num; /* 0 for the first object */
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

/* For the exercise: an iterator over the open files of all tasks, and what names a file. */
struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct qstr d_name;
};

struct path {
	struct dentry *dentry;
};

struct file {
	struct path f_path;
};

/* A member that kernel.h does not list. ___ and what follows is not part of the type's name. */
struct task_struct___exit {
	int exit_state;
};

#pragma clang attribute pop

/* Called once for each task on the machine, while user space reads. */
SEC("iter/task")
int list_tasks(struct bpf_iter__task *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;
	bool ours, child, ended;

	if (!task)
		return 0; /* the last call: there are no more */
	ours = task->tgid == watched;
	child = task->real_parent->tgid == watched;
	if (!ours && !child)
		return 0;
	ended = ((struct task_struct___exit *)task)->exit_state != 0;
	BPF_SEQ_PRINTF(seq, "pid=%d tgid=%d %-7s %-5s comm=%s\n", task->pid, task->tgid,
		       task->pid == task->tgid ? "process" : "thread", ended ? "ended" : "alive",
		       task->comm);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
