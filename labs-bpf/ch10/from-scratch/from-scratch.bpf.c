// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/* Called when a process has become another program. What is to be done then, you will write. */
SEC("tp/sched/sched_process_exec")
int on_exec(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
