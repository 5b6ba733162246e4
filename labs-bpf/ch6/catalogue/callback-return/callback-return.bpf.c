// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

static long one_round(__u32 i, void *context)
{
	return i == 5; /* 1 ends the loop */
}

SEC("raw_tp/sys_enter")
int rounds(void *ctx)
{
	return bpf_loop(10, one_round, NULL, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
