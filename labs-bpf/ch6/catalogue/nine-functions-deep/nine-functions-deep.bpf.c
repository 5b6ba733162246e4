// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

#define CALLS(name, next)                                                                          \
	static __noinline __attribute__((unused)) int name(int n)                                  \
	{                                                                                          \
		asm volatile("%0 += 1" : "+r"(n));                                                 \
		return next(n) + 1;                                                                \
	}

static __noinline int frame_1(int n)
{
	asm volatile("%0 += 1" : "+r"(n));
	return n;
}

CALLS(frame_2, frame_1)
CALLS(frame_3, frame_2)
CALLS(frame_4, frame_3)
CALLS(frame_5, frame_4)
CALLS(frame_6, frame_5)
CALLS(frame_7, frame_6)
CALLS(frame_8, frame_7)

SEC("raw_tp/sys_enter")
int start(void *ctx)
{
	return frame_7(0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
