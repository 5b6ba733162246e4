// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

struct bpf_dynptr {
	__u64 opaque[2];
} __attribute__((aligned(8)));

char text[16] = "dynamic pointer";

SEC("raw_tp/sys_enter")
int copy(void *ctx)
{
	struct bpf_dynptr dynptr;
	__u32 number;

	bpf_dynptr_from_mem(text, sizeof(text), 0, &dynptr);
	bpf_dynptr_read(&number, sizeof(number), &dynptr, 4, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
