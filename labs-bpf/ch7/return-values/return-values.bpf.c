// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* The one process to look at. User space sets it before the programs are loaded. */
const volatile __u32 watched;

/* One call of vfs_read, when it returns. */
struct call {
	__u64 nanoseconds;
	__s64 result;
	__s64 asked; /* bytes that were asked for; -1: not known */
	char way[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} calls SEC(".maps");

/* What is known when the function is entered, kept until it returns. */
struct start {
	__u64 time;
};

/* Many threads can be inside of the function at once, so each has an entry of its own. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct start);
} kprobe_starts SEC(".maps"), fentry_starts SEC(".maps");

static __always_inline bool is_watched(__u64 thread)
{
	return thread >> 32 == watched; /* the process is in the upper half */
}

SEC("kprobe/vfs_read")
int BPF_KPROBE(kprobe_read, void *file, char *buffer, size_t count)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct start start = {};

	if (!is_watched(thread))
		return 0;
	start.time = bpf_ktime_get_ns();
	bpf_map_update_elem(&kprobe_starts, &thread, &start, BPF_ANY);
	return 0;
}

/* A kretprobe has the registers of the return: the result, but the arguments are gone. */
SEC("kretprobe/vfs_read")
int BPF_KRETPROBE(kretprobe_read, long result)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct start *start = bpf_map_lookup_elem(&kprobe_starts, &thread);
	struct call *call;

	if (!start)
		return 0; /* of another process, or entered before we were attached */
	call = bpf_ringbuf_reserve(&calls, sizeof(*call), 0);
	if (call) {
		call->nanoseconds = bpf_ktime_get_ns() - start->time;
		call->result = result;
		call->asked = -1;
		__builtin_memcpy(call->way, "kretprobe", sizeof("kretprobe"));
		bpf_ringbuf_submit(call, 0);
	}
	bpf_map_delete_elem(&kprobe_starts, &thread);
	return 0;
}

SEC("fentry/vfs_read")
int BPF_PROG(fentry_read)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct start start = {};

	if (!is_watched(thread))
		return 0;
	start.time = bpf_ktime_get_ns();
	bpf_map_update_elem(&fentry_starts, &thread, &start, BPF_ANY);
	return 0;
}

/* fexit has all arguments of the function as they were at its beginning, and then the result. */
SEC("fexit/vfs_read")
int BPF_PROG(fexit_read, void *file, char *buffer, size_t count, __s64 *position, long result)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct start *start = bpf_map_lookup_elem(&fentry_starts, &thread);
	struct call *call;

	if (!start)
		return 0;
	call = bpf_ringbuf_reserve(&calls, sizeof(*call), 0);
	if (call) {
		call->nanoseconds = bpf_ktime_get_ns() - start->time;
		call->result = result;
		call->asked = -1;
		__builtin_memcpy(call->way, "fexit", sizeof("fexit"));
		bpf_ringbuf_submit(call, 0);
	}
	bpf_map_delete_elem(&fentry_starts, &thread);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
