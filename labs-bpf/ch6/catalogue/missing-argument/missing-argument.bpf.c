// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

__u64 bytes;

SEC("fentry/vfs_read")
int reads(__u64 *ctx)
{
	bytes += ctx[2]; /* the third argument: how many bytes */
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
