// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

__u64 value = 42;

SEC("raw_tp/sys_enter")
int peek(void *ctx)
{
	__u64 *where = &value;

	return *where;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
