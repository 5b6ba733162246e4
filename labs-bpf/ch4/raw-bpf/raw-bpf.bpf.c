// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/* No map and no variable: there is no gap that a loader would have to fill. */
SEC("socket")
int answer(void *ctx)
{
	return 42;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
