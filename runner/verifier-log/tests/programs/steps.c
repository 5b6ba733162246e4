// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "fixture.h"

static __attribute__((noinline)) int third(int n)
{
	return n * 3;
}

static __attribute__((noinline)) int half(int n)
{
	return third(n) >> 1;
}

__attribute__((noinline)) int twice(int n)
{
	return n * 2;
}

SEC("raw_tp/sys_enter")
int steps(void *ctx)
{
	int n = bpf_get_prandom_u32() & 15, s = 0;

	n += twice(n);
	if (n > 3)
		n = half(n);
	for (int i = 0; i < 2; i++)
		if (bpf_get_prandom_u32() & 1)
			s += n;
	return s > 5;
}
