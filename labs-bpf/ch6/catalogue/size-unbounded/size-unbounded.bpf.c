// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

__u32 wanted = 8;
char copy[64];

SEC("raw_tp/sys_enter")
int read_some(void *ctx)
{
	__u32 size = wanted;

	if (size > sizeof(copy))
		return 0;
	bpf_probe_read_kernel(copy, size, ctx);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
