// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

__u32 position = 1;
char letters[16] = "abcdefghijklmno";

SEC("raw_tp/sys_enter")
int pick(void *ctx)
{
	__u32 at = position;

	if (at >= sizeof(letters))
		return 0;
	return letters[at];
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
