// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

__u32 answer = 1;

SEC("cgroup/sock_create")
int may_create(void *ctx)
{
	return answer ? 1 : 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
