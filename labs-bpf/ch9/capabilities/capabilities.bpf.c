// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

static int count(void)
{
	__u32 zero = 0;
	__u64 *value = bpf_map_lookup_elem(&counts, &zero);

	if (value)
		__sync_fetch_and_add(value, 1);
	return 0;
}

/* The same body in programs of several types. They are loaded one by one, and never attached. */
SEC("socket")
int on_packet(void *ctx)
{
	return count();
}

SEC("xdp")
int on_xdp(struct xdp_md *ctx)
{
	count();
	return XDP_PASS;
}

SEC("kprobe")
int on_kprobe(void *ctx)
{
	return count();
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
