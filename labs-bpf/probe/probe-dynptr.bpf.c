// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/* One feature that is newer than Linux 5.10: see labs/src/bin/probe/newer.rs. */
#include "kernel.h"
#include <bpf/bpf_helpers.h>

struct bpf_dynptr {
	__u64 opaque[2];
} __attribute__((aligned(8)));

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

SEC("tc")
int try_dynptr(void *ctx)
{
	struct bpf_dynptr record;
	long result = bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &record);

	bpf_ringbuf_discard_dynptr(&record, 0);
	return result;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
