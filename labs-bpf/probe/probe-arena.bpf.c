// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/* One feature that is newer than Linux 5.10: see labs/src/bin/probe/newer.rs. */
#include "kernel.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARENA);
	__uint(map_flags, 1U << 10); /* BPF_F_MMAPABLE */
	__uint(max_entries, 1);
} arena SEC(".maps");

void *bpf_arena_alloc_pages(void *map, void *address, __u32 pages, int node, __u64 flags) __ksym;

SEC("syscall")
int try_arena(void *ctx)
{
	return bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0) ? 0 : 1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
