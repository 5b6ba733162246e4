// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "fixture.h"

static __attribute__((noinline)) __u64 bump(__u64 *seen)
{
	*seen += 1;
	return *seen;
}

SEC("raw_tp/sys_enter")
int count_calls(void *ctx)
{
	__u32 key = 0;
	__u64 *seen = bpf_map_lookup_elem(&runs, &key);

	bump(seen);
	return 0;
}
