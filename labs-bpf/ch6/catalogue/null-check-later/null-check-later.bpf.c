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
int count(void *ctx)
{
	__u32 key = bpf_get_current_uid_gid();
	__u64 *value = bpf_map_lookup_elem(&calls, &key);
	__u64 old;

	if (!value)
		return 0;
	old = *value;
	*value = old + 1;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
