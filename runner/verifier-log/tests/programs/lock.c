// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "fixture.h"

struct cell {
	struct bpf_spin_lock lock;
	__u32 n;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cell);
} cells SEC(".maps");

SEC("tc")
int hold(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct cell *cell = bpf_map_lookup_elem(&cells, &key);

	if (!cell)
		return 0;
	bpf_spin_lock(&cell->lock);
	cell->n++;
	return 0;
}
