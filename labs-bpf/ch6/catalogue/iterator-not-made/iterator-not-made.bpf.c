// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/* The state of an iterator over numbers. Only the kernel looks inside. */
struct bpf_iter_num {
	__u64 opaque[1];
} __attribute__((aligned(8)));

SEC("raw_tp/sys_enter")
int sum(void *ctx)
{
	struct bpf_iter_num numbers;
	int *number, sum = 0;

	bpf_iter_num_new(&numbers, 0, 10);
	while ((number = bpf_iter_num_next(&numbers)))
		sum += *number;
	bpf_iter_num_destroy(&numbers);
	return sum;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
