// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} calls SEC(".maps");

SEC("raw_tp/sys_enter")
int both(void *ctx)
{
	__u32 user = bpf_get_current_uid_gid(), all = -1;
	__u64 *mine = bpf_map_lookup_elem(&calls, &user);
	__u64 *total = bpf_map_lookup_elem(&calls, &all);

	if (!mine || !total)
		return 0;
	*mine += 1;
	*total += 1;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
