// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/* What the tracepoints raw_syscalls/sys_enter and syscalls/sys_enter_NAME give to a program. */
struct sys_enter {
	__u64 common; /* what all tracepoints have */
	long number;
	unsigned long args[6];
};

struct command {
	char name[TASK_COMM_LEN];
};

/*
 * How many system calls each command has made. An entry has a value for each processor, so nobody
 * has to wait for another one; user space adds them up.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct command);
	__type(value, __u64);
} calls SEC(".maps");

/* Run at the start of every system call of the whole machine. */
SEC("tp/raw_syscalls/sys_enter")
int count_call(struct sys_enter *ctx)
{
	struct command command = {}; /* some kernels leave what is behind the name as it was */
	__u64 one = 1, *count;

	bpf_get_current_comm(command.name, sizeof(command.name));
	count = bpf_map_lookup_elem(&calls, &command);
	if (count)
		(*count)++; /* this processor's own: nobody else adds to it */
	else
		bpf_map_update_elem(&calls, &command, &one, BPF_NOEXIST);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
