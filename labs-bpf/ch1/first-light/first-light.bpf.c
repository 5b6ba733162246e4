// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/* The smallest program there is: two instructions. For a socket it would be: keep 42 bytes. */
SEC("socket")
int first_light(void *ctx)
{
	return 42;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
