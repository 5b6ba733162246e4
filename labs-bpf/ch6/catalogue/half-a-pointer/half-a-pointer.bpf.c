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
int spill(void *ctx)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&calls, &key);
	__u64 result;

	if (!value)
		return 0;
	asm volatile("*(u64 *)(r10 - 16) = %1\n\t"
		     "r2 = 0\n\t"
		     "*(u8 *)(r10 - 17) = r2\n\t"
		     "r1 = *(u64 *)(r10 - 16)\n\t"
		     "%0 = *(u64 *)(r1 + 0)"
		     : "=r"(result)
		     : "r"(value)
		     : "r1", "r2", "memory");
	return result;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
