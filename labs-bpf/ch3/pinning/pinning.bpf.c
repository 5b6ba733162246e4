// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/* The process whose renames are counted. User space puts it in before the load. */
const volatile __u32 subject;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} renames SEC(".maps");

/* Run whenever a task gets a new name: by prctl(PR_SET_NAME), or when it starts a program. */
SEC("raw_tp/task_rename")
int count_renames(void *ctx)
{
	__u32 process = bpf_get_current_pid_tgid() >> 32; /* the thread is in the lower half */
	__u32 first = 0;
	__u64 *count;

	if (process != subject)
		return 0;
	count = bpf_map_lookup_elem(&renames, &first);
	if (count)
		__sync_fetch_and_add(count, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
