// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "fixture.h"

SEC("raw_tp/sys_enter")
int count_calls(void *ctx)
{
	__u32 key = 1;
	__u64 *seen = bpf_map_lookup_elem((void *)&key, &key);

	return seen != 0;
}
