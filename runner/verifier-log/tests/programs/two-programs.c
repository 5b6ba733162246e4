// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "fixture.h"

SEC("raw_tp/sys_enter")
int fine(void *ctx)
{
	return 0;
}

SEC("raw_tp/sys_enter")
int broken(void *ctx)
{
	__u32 key = 3;
	__u64 *seen = bpf_map_lookup_elem(&runs, &key);

	bpf_printk("%d", *seen);
	return 0;
}
