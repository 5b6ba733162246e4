// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} calls SEC(".maps");

__u64 result;

SEC("raw_tp/sys_enter")
int follow(void *ctx)
{
	__u32 key = 0;
	__u64 *where = bpf_map_lookup_elem(&calls, &key);

	if (!where)
		return 0;
	bpf_probe_read_kernel(&result, sizeof(result), (void *)*where);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
