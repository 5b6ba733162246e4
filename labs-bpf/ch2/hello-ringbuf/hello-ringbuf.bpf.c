// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/* One record, as user space reads it. */
struct exec_event {
	__u32 pid;
	__u32 uid;
	char command[TASK_COMM_LEN];
	char message[12];
};

/* All processors write to the one ring, so the records are in the order of the events. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024); /* bytes: a power of two, and whole pages */
} execs SEC(".maps");

/* Far too small for what is sent to it. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} burst SEC(".maps");

struct tally {
	__u64 sent;
	__u64 lost;
};

/* Per process: how much it sent to `burst`, and how much of that found the ring full. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct tally);
} tallies SEC(".maps");

SEC("ksyscall/execve")
int report_exec(void *ctx)
{
	struct exec_event *event;

	/* Room in the ring itself: the record is written in place, without a copy. */
	event = bpf_ringbuf_reserve(&execs, sizeof(*event), 0);
	if (!event)
		return 0;

	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(event->command, sizeof(event->command));
	__builtin_memcpy(event->message, "Hello World", sizeof(event->message));

	/* Before this nobody sees the record, and the readers wait for it. */
	bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("ksyscall/getppid")
int send_burst(void *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct tally none = {}, *tally;

	tally = bpf_map_lookup_elem(&tallies, &pid);
	if (!tally) {
		bpf_map_update_elem(&tallies, &pid, &none, BPF_NOEXIST);
		tally = bpf_map_lookup_elem(&tallies, &pid);
		if (!tally)
			return 0;
	}

	/* The other way to send: from a variable, by a copy. A full ring refuses it. */
	__sync_fetch_and_add(&tally->sent, 1);
	if (bpf_ringbuf_output(&burst, &pid, sizeof(pid), 0))
		__sync_fetch_and_add(&tally->lost, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
