// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

enum how {
	CALLED,
	INLINED,
};

struct key {
	__u32 uid;
	__u32 how;
};

/* How many programs each user has started: the same count, made in two ways. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct key);
	__type(value, __u64);
} execs SEC(".maps");

/* Put into the code of whoever uses it: in the program there is no such function. */
static __always_inline void add_one(enum how how)
{
	struct key key = {.uid = bpf_get_current_uid_gid(), .how = how};
	__u64 zero = 0, *count;

	bpf_map_update_elem(&execs, &key, &zero, BPF_NOEXIST); /* fails when it is there */
	count = bpf_map_lookup_elem(&execs, &key);
	if (count)
		__sync_fetch_and_add(count, 1);
}

/* A function of its own. Without __noinline the compiler may put this one in as well. */
static __noinline int add_one_called(enum how how)
{
	add_one(how);
	return 0;
}

SEC("ksyscall/execve")
int with_call(void *ctx)
{
	return add_one_called(CALLED);
}

SEC("ksyscall/execve")
int without_call(void *ctx)
{
	add_one(INLINED);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
