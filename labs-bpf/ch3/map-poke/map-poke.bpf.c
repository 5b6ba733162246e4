// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/* The process whose renames are counted. User space puts it in before the load. */
const volatile __u32 subject;

/* What user space may set while the program runs. Key 0: how much each rename adds. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u32);
} config SEC(".maps");

__u64 total;

SEC("raw_tp/task_rename")
int add_step(void *ctx)
{
	__u32 process = bpf_get_current_pid_tgid() >> 32;
	__u32 key = 0, *step;

	if (process != subject)
		return 0;
	step = bpf_map_lookup_elem(&config, &key);
	if (step)
		__sync_fetch_and_add(&total, *step);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
