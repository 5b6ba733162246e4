// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/*
 * What to show. User space puts in its values before the object is loaded, and from then on they
 * are constants: the verifier drops the code that they rule out.
 */
const volatile __u32 only_pid = 0;  /* 0: all processes */
const volatile __u32 only_tid = 0;  /* 0: all threads */
const volatile __u32 only_uid = -1; /* -1: all users */
const volatile bool failed_only = false;
const volatile __u32 own_pid = 0; /* the lab itself, which opens files while it attaches */

/* How many events did not get through. */
__u64 lost;

struct event {
	__u64 time;
	__u32 pid;
	__u32 uid;
	__s32 result; /* a file descriptor, or an error number below zero */
	__u32 flags;
	char comm[TASK_COMM_LEN];
	char path[256];
};

/* Without a global of this type it would not be in the object's BTF, where user space reads it. */
struct event *unused;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1024 * 1024);
} events SEC(".maps");

/* What an open was called with, by thread: kept from its entry until its exit. */
struct start {
	const char *path;
	__u32 flags;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32);
	__type(value, struct start);
} starts SEC(".maps");

/* The contexts of system call tracepoints. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct trace_event_raw_sys_enter {
	unsigned long args[6];
};
struct trace_event_raw_sys_exit {
	long ret;
};
#pragma clang attribute pop

static int enter(unsigned long path, __u32 flags)
{
	struct start start = {.path = (const char *)path, .flags = flags};
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tid = id;

	if (own_pid == id >> 32 || (only_pid && only_pid != id >> 32))
		return 0;
	if (only_tid && only_tid != tid)
		return 0;
	if (only_uid != (__u32)-1 && only_uid != (__u32)bpf_get_current_uid_gid())
		return 0;
	if (bpf_map_update_elem(&starts, &tid, &start, BPF_ANY))
		__sync_fetch_and_add(&lost, 1);
	return 0;
}

static int leave(long result)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tid = id;
	struct start *start = bpf_map_lookup_elem(&starts, &tid);
	struct event *event;

	if (!start)
		return 0; /* not for us, or it began before we were attached */
	if (failed_only && result >= 0)
		goto done;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		__sync_fetch_and_add(&lost, 1);
		goto done;
	}
	event->time = bpf_ktime_get_ns();
	event->pid = id >> 32;
	event->uid = bpf_get_current_uid_gid();
	event->result = result;
	event->flags = start->flags;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	/* Only now: at the entry this memory of the process may not have been in use yet. */
	bpf_probe_read_user_str(event->path, sizeof(event->path), start->path);
	bpf_ringbuf_submit(event, 0);
done:
	bpf_map_delete_elem(&starts, &tid);
	return 0;
}

/* open(path, flags, mode): older than openat, and not on every architecture. */
SEC("tracepoint/syscalls/sys_enter_open")
int enter_open(struct trace_event_raw_sys_enter *ctx)
{
	return enter(ctx->args[0], ctx->args[1]);
}

/* openat(folder, path, flags, mode) */
SEC("tracepoint/syscalls/sys_enter_openat")
int enter_openat(struct trace_event_raw_sys_enter *ctx)
{
	return enter(ctx->args[1], ctx->args[2]);
}

/* openat2(folder, path, how, size): the flags are the first member of `how`. */
SEC("tracepoint/syscalls/sys_enter_openat2")
int enter_openat2(struct trace_event_raw_sys_enter *ctx)
{
	__u64 flags = 0;

	bpf_probe_read_user(&flags, sizeof(flags), (const void *)ctx->args[2]);
	return enter(ctx->args[1], flags);
}

SEC("tracepoint/syscalls/sys_exit_open")
int leave_open(struct trace_event_raw_sys_exit *ctx)
{
	return leave(ctx->ret);
}

SEC("tracepoint/syscalls/sys_exit_openat")
int leave_openat(struct trace_event_raw_sys_exit *ctx)
{
	return leave(ctx->ret);
}

SEC("tracepoint/syscalls/sys_exit_openat2")
int leave_openat2(struct trace_event_raw_sys_exit *ctx)
{
	return leave(ctx->ret);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
