// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

__s32 wanted = 8;
char text[64];

SEC("raw_tp/sys_enter")
int send(void *ctx)
{
	__u64 size = wanted;

	if (size > sizeof(text))
		return 0;
	bpf_ringbuf_output(&events, text, size, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
