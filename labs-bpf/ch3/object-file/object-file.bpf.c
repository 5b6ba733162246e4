// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/* Goes into the section .rodata. volatile keeps the compiler from putting the 3 into the code. */
const volatile __u32 step = 3;

/* Goes into the section .bss: it starts as zero, so the file need not hold its value. */
__u32 packets;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} totals SEC(".maps");

SEC("xdp")
int count(struct xdp_md *ctx)
{
	__u32 first = 0;
	__u64 *total;

	packets += step;
	total = bpf_map_lookup_elem(&totals, &first);
	if (total)
		*total = packets;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
