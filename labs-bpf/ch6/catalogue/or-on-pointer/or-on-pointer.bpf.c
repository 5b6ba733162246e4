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
int mark(void *ctx)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&calls, &key);
	__u64 flag = 1;

	if (!value)
		return 0;
	asm volatile("%0 |= 2" : "+r"(flag));
	*value = flag;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
