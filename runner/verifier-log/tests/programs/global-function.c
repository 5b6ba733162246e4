// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "fixture.h"

__attribute__((noinline)) int sum_of(__u64 *pair)
{
	return pair[0] + pair[1];
}

SEC("raw_tp/sys_enter")
int add(void *ctx)
{
	__u64 pair[2] = { 1, bpf_get_prandom_u32() };

	return sum_of(pair) & 1;
}
