// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define NOT_SEEN 255

/* The process to look at. User space puts it in before the load. */
const volatile __u32 own_pid = 0;

/* What was seen last, of the main thread and of the thread that made the system call. */
__u32 main_state = NOT_SEEN;
__u32 own_state = NOT_SEEN;
__u32 new_name = NOT_SEEN;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
/* What we need of struct task_struct, as it is since Linux 5.14. */
struct task_struct___new {
	unsigned int __state;
	struct task_struct___new *group_leader; /* the main thread */
};

/* And as it was before. What follows three underscores is not part of the name. */
struct task_struct___old {
	volatile long state;
};
#pragma clang attribute pop

static __u32 state_of(struct task_struct___new *task)
{
	struct task_struct___old *old = (void *)task;

	/* Both reads are compiled. When the object is loaded, one of them is cut out. */
	if (bpf_core_field_exists(task->__state))
		return BPF_CORE_READ(task, __state) & 0x7f; /* above: details for the scheduler */
	return BPF_CORE_READ(old, state) & 0x7f;
}

SEC("raw_tp/sys_enter")
int on_syscall(void *ctx)
{
	struct task_struct___new *task = (void *)bpf_get_current_task();
	struct task_struct___new *leader = BPF_CORE_READ(task, group_leader);

	if (bpf_get_current_pid_tgid() >> 32 != own_pid || task == leader)
		return 0;
	own_state = state_of(task);
	main_state = state_of(leader);
	new_name = bpf_core_field_exists(task->__state);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
