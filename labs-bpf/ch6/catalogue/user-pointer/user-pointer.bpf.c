// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

char path[64];

SEC("raw_tp/sys_enter")
int peek(struct bpf_raw_tracepoint_args *ctx)
{
	const char *name = (const char *)ctx->args[1];

	bpf_probe_read_user_str(path, sizeof(path), name);
	return path[0] == '/';
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
