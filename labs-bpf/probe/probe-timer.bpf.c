// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/* One feature that is newer than Linux 5.10: see labs/src/bin/probe/newer.rs. */
#include "kernel.h"
#include <bpf/bpf_helpers.h>

struct bpf_timer {
	__u64 opaque[2];
} __attribute__((aligned(8)));

struct value {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct value);
} values SEC(".maps");

static int gone_off(void *map, __u32 *key, struct value *value)
{
	return 0;
}

SEC("tc")
int try_timer(void *ctx)
{
	__u32 key = 0;
	struct value *value = bpf_map_lookup_elem(&values, &key);

	if (!value || bpf_timer_init(&value->timer, &values, 1))
		return 1;
	if (bpf_timer_set_callback(&value->timer, gone_off))
		return 2;
	return bpf_timer_start(&value->timer, 0, 0) ? 3 : 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
