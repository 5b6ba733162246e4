// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

__u32 tries;

SEC("raw_tp/sys_enter")
int throw(void *ctx)
{
	for (__u32 i = 0; i < 16; i++) {
		if (bpf_get_prandom_u32() == 7)
			break;
		tries += 1;
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
