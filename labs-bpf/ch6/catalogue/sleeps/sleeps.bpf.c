// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

char start[8];

SEC("lsm.s/bprm_committed_creds")
int peek(void *ctx)
{
	bpf_copy_from_user(start, sizeof(start), (void *)0x400000);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
