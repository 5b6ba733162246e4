// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/* What user space wants a user to be greeted with. */
struct user_message {
	char text[12];
};

/* Everybody else. */
const char default_message[12] = "Hello World";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct user_message);
} config SEC(".maps");

struct exec_event {
	__u32 pid;
	__u32 uid;
	char command[TASK_COMM_LEN];
	char message[12];
};

/* Each record is sent twice: through one ring for all processors … */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} ring SEC(".maps");

/* … and through a buffer of each processor. */
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
} perf SEC(".maps");

SEC("ksyscall/execve")
int report_exec(void *ctx)
{
	struct exec_event event = {};
	struct user_message *own;

	event.pid = bpf_get_current_pid_tgid() >> 32;
	event.uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(event.command, sizeof(event.command));

	own = bpf_map_lookup_elem(&config, &event.uid);
	if (own)
		__builtin_memcpy(event.message, own->text, sizeof(event.message));
	else
		__builtin_memcpy(event.message, default_message, sizeof(event.message));

	bpf_ringbuf_output(&ring, &event, sizeof(event), 0);
	bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &event, sizeof(event));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
