// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

SEC("cgroup/sock_create")
int may_create(void *ctx)
{
	__u64 allowed;

	asm volatile("%0 = 1" : "=r"(allowed));
	return allowed;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
