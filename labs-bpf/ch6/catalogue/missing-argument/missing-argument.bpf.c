// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

SEC("fentry/vfs_read")
int reads(__u64 *ctx)
{
	return ctx[2] > 4096; /* the third argument: how many bytes */
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
