// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/* Shared by this program and user space: how many programs each user has started. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} execs_by_uid SEC(".maps");

SEC("ksyscall/execve")
int count_execs(void *ctx)
{
	__u32 uid = bpf_get_current_uid_gid(); /* the group is in the upper half */
	__u64 zero = 0, *count;

	count = bpf_map_lookup_elem(&execs_by_uid, &uid);
	if (!count) {
		/* Another processor may come first: BPF_NOEXIST keeps its count. */
		bpf_map_update_elem(&execs_by_uid, &uid, &zero, BPF_NOEXIST);
		count = bpf_map_lookup_elem(&execs_by_uid, &uid);
		if (!count)
			return 0; /* the map is full */
	}
	__sync_fetch_and_add(count, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
