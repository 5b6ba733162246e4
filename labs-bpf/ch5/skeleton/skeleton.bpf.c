// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/* .rodata: user space fills it in before the load; then it is frozen. */
const volatile __u64 wanted_call = -1; /* its number, which differs between architectures */
const volatile char wanted_name[TASK_COMM_LEN] = "";

/* .data: a global with a first value. User space may change it at any time. */
__u64 limit = 4;

/* .bss: globals that begin as zero. */
__u64 counted;
__u64 over_limit;

SEC("raw_tp/sys_enter")
int on_syscall(struct bpf_raw_tracepoint_args *ctx)
{
	char name[TASK_COMM_LEN];

	if (ctx->args[1] != wanted_call)
		return 0;
	bpf_get_current_comm(name, sizeof(name));
	for (int i = 0; i < TASK_COMM_LEN; i++) {
		if (name[i] != wanted_name[i])
			return 0;
		if (!name[i])
			break;
	}
	if (counted < limit)
		__sync_fetch_and_add(&counted, 1);
	else
		__sync_fetch_and_add(&over_limit, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
