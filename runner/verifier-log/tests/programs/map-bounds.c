// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "fixture.h"

struct slots {
	char byte[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct slots);
} table SEC(".maps");

SEC("raw_tp/sys_enter")
int read_slot(void *ctx)
{
	__u32 key = 0;
	struct slots *slots = bpf_map_lookup_elem(&table, &key);
	__u32 i = bpf_get_prandom_u32();

	if (!slots || i > 16)
		return 0;
	return slots->byte[i];
}
