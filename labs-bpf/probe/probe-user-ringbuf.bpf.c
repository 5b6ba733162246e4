// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/* One feature that is newer than Linux 5.10: see labs/src/bin/probe/newer.rs. */
#include "kernel.h"
#include <bpf/bpf_helpers.h>

struct bpf_dynptr {
	__u64 opaque[2];
} __attribute__((aligned(8)));

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

static long take(struct bpf_dynptr *record, void *context)
{
	return 0;
}

SEC("tc")
int try_user_ringbuf(void *ctx)
{
	return bpf_user_ringbuf_drain(&ring, take, NULL, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
