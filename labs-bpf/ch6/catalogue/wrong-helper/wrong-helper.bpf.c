// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

SEC("xdp")
int forward(void *ctx)
{
	return bpf_redirect(1, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
