// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

const volatile __u32 limit = 4;
__u32 calls;

SEC("raw_tp/sys_enter")
int count(void *ctx)
{
	if (calls < limit)
		calls += 1;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
