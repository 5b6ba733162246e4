// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

struct bpf_dynptr {
	__u64 opaque[2];
} __attribute__((aligned(8)));

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("raw_tp/sys_enter")
int send(void *ctx)
{
	struct bpf_dynptr dynptr;
	__u64 now = bpf_ktime_get_ns();

	bpf_ringbuf_reserve_dynptr(&events, sizeof(now), 0, &dynptr);
	bpf_dynptr_write(&dynptr, 0, &now, sizeof(now), 0);
	bpf_ringbuf_submit_dynptr(&dynptr, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
