// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/*
 * Programs by system call number, filled by user space. The numbers differ between architectures,
 * so none is here.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 512);
	__type(key, __u32);
	__type(value, __u32);
} handlers SEC(".maps");

/* Run at the start of every system call of the whole machine. */
SEC("raw_tp/sys_enter")
int on_syscall(struct bpf_raw_tracepoint_args *ctx)
{
	long number = ctx->args[1]; /* args[0] has the registers */

	/* A jump, not a call: it comes back only when there is no program for the number. */
	bpf_tail_call(ctx, &handlers, number);

	bpf_printk("Another system call");
	return 0;
}

SEC("raw_tp")
int on_execve(void *ctx)
{
	bpf_printk("Executing a program");
	return 0;
}

SEC("raw_tp")
int on_timer_create(void *ctx)
{
	bpf_printk("Creating a timer");
	return 0;
}

SEC("raw_tp")
int on_timer_delete(void *ctx)
{
	bpf_printk("Deleting a timer");
	return 0;
}

/* For the many calls that nobody wants to hear about. */
SEC("raw_tp")
int ignore(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
