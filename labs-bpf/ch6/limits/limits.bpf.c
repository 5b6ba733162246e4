// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/* Set before the program is loaded. The verifier knows its value, the compiler does not. */
const volatile __u32 rounds = 1;

/* How many instructions the verifier walks through. */
SEC("raw_tp/sys_enter")
int instructions(void *ctx)
{
	__u32 end = rounds;

	/* A hundred instructions a round, which the compiler may neither leave out nor shorten. */
	for (__u32 i = 0; i < end; i++)
		asm volatile(".rept 100\n\t"
			     "%0 = %0\n\t"
			     ".endr"
			     : "+r"(i));
	return 0;
}

/* Filled in by user space, so what is in it is not known here. */
#define NUMBERS 16384
__u32 numbers[NUMBERS];

/* How many ways it remembers to go later: one more for each comparison with an unknown number. */
SEC("raw_tp/sys_enter")
int branches(void *ctx)
{
	__u32 end = rounds;

	/* In assembly, so that the loop goes on where nothing jumps: that way is taken first. */
	for (__u32 i = 0; i < end; i++)
		asm goto("if %0 == 7 goto %l[found]" ::"r"(numbers[i & (NUMBERS - 1)])::found);
	return 0;
found:
	return 1;
}

/* How much stack a function has: `offset` is so many bytes below its top. */
#define STACK(name, offset)                                                                        \
	SEC("raw_tp/sys_enter")                                                                    \
	int name(void *ctx)                                                                        \
	{                                                                                          \
		asm volatile("r1 = 0\n\t"                                                          \
			     "*(u64 *)(r10 - " #offset ") = r1" ::                                 \
				     : "r1", "memory");                                            \
		return 0;                                                                          \
	}

STACK(stack_512, 512)
STACK(stack_520, 520)

/* How much stack all functions have together that have not returned. */
static __noinline int takes(void)
{
	char bytes[300];

	/* Each byte is used, as far as the compiler can tell. */
	asm volatile("" ::"r"(bytes) : "memory");
	bpf_get_current_comm(bytes, sizeof(bytes));
	return bytes[0];
}

SEC("raw_tp/sys_enter")
int stack_together(void *ctx)
{
	char bytes[300];

	bpf_get_current_comm(bytes, sizeof(bytes));
	return takes() + bytes[0];
}

/* How many functions may be called from one another. Each of these calls the one below. */
#define CALLS(name, next)                                                                          \
	static __noinline int name(int n)                                                          \
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

#define FRAMES(name, function)                                                                     \
	SEC("raw_tp/sys_enter")                                                                    \
	int name(void *ctx)                                                                        \
	{                                                                                          \
		return function(0);                                                                \
	}

FRAMES(frames_8, frame_7)
FRAMES(frames_9, frame_8)

char LICENSE[] SEC("license") = "Dual BSD/GPL";
