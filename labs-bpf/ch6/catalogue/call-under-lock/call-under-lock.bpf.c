// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

struct bpf_spin_lock {
	__u32 val;
};

struct balance {
	struct bpf_spin_lock lock;
	__u64 in, out;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct balance);
} balances SEC(".maps");

SEC("xdp")
int count(struct xdp_md *ctx)
{
	__u32 key = 0;
	struct balance *balance = bpf_map_lookup_elem(&balances, &key);
	__u64 now = bpf_ktime_get_ns();

	if (!balance)
		return XDP_PASS;
	bpf_spin_lock(&balance->lock);
	balance->in = now;
	bpf_spin_unlock(&balance->lock);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
