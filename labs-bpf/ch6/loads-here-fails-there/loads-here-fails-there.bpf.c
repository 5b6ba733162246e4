// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u64);
	__type(value, __u64);
} users SEC(".maps");

/* A helper reads bytes of the stack that nobody has written. */
SEC("raw_tp/sys_enter")
int unwritten_bytes(void *ctx)
{
	__u64 user;

	asm volatile("" : "=m"(user)); /* the compiler thinks that this writes it */
	bpf_map_lookup_elem(&users, &user);
	return 0;
}

/* A global function is verified on its own, so the pointer that it is given may be NULL. */
__noinline int read_number(__u32 *number)
{
	return number ? *number : 0;
}

SEC("raw_tp/sys_enter")
int global_pointer(void *ctx)
{
	__u32 number = 1;

	return read_number(&number);
}

static long no_round(__u32 i, void *context)
{
	return 0;
}

/* The helper came with Linux 5.17. */
SEC("raw_tp/sys_enter")
int loop_helper(void *ctx)
{
	bpf_loop(10, no_round, NULL, 0);
	return 0;
}

struct bpf_iter_num {
	__u64 opaque[1];
} __attribute__((aligned(8)));

/* These kernel functions came with Linux 6.4. */
SEC("raw_tp/sys_enter")
int open_coded_iterator(void *ctx)
{
	int i, sum = 0;

	bpf_for (i, 0, 10)
		sum += i;
	return sum;
}

/* An array has each of its keys: but not every verifier sees that a constant key is in range. */
SEC("raw_tp/sys_enter")
int constant_key(void *ctx)
{
	__u32 key = 0;
	__u64 *slot = bpf_map_lookup_elem(&slots, &key);

	*slot += 1;
	return 0;
}

/* 0 allows the call, a negative number is an error; what 1 means, nobody has said. */
SEC("lsm/file_open")
int odd_return(void *ctx)
{
	return 1;
}

static __noinline int half_the_stack(void)
{
	char bytes[300];

	bpf_get_current_comm(bytes, sizeof(bytes));
	return bytes[0];
}

/* Each function has less than 512 bytes of stack, both together have more. */
SEC("raw_tp/sys_enter")
int two_stacks(void *ctx)
{
	char bytes[300];

	bpf_get_current_comm(bytes, sizeof(bytes));
	return half_the_stack() + bytes[0];
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
