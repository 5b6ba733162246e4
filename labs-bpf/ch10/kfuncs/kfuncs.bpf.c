// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/* Functions of the kernel itself. libbpf looks them up in the kernel's BTF, by name. */
struct task_struct *bpf_task_from_pid(__s32 pid) __ksym;
void bpf_task_release(struct task_struct *task) __ksym;

/* What user space asks for, and the answer: the context of a program that is run by hand. */
struct question {
	__u32 pid;
	__u32 parent; /* for the exercise */
	char comm[TASK_COMM_LEN];
};

/* A program that waits for no event. User space calls it, as if it were a system call. */
SEC("syscall")
int find_task(struct question *question)
{
	struct task_struct *task = bpf_task_from_pid(question->pid);

	if (!task)
		return 1; /* there is none */
	__builtin_memcpy(question->comm, task->comm, sizeof(question->comm));
	/* As long as it is ours, the kernel keeps it, even if the process ends. */
	bpf_task_release(task);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
