// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/* One record, as user space reads it. */
struct exec_event {
	__u64 time; /* nanoseconds since the start of the machine */
	__u32 pid;
	__u32 uid;
	char command[TASK_COMM_LEN];
	char message[12];
	__u32 unused; /* else the compiler leaves a gap here, and anything may be in it */
};

/* A buffer for each processor. User space makes them, and puts them into this map. */
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
} execs SEC(".maps");

SEC("ksyscall/execve")
int report_exec(void *ctx)
{
	struct exec_event event = {.message = "Hello World"};

	event.time = bpf_ktime_get_ns();
	event.pid = bpf_get_current_pid_tgid() >> 32;
	event.uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(event.command, sizeof(event.command));

	/* A copy, into the buffer of the processor on which this runs. */
	bpf_perf_event_output(ctx, &execs, BPF_F_CURRENT_CPU, &event, sizeof(event));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
