// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

#define MAX_DEPTH	 8
#define BPF_F_USER_STACK (1ULL << 8)

/*
 * Stacks by their number: the addresses of the functions that wait for each other. The number comes
 * from a hash of them. Of two stacks with the same number the second is lost, so there are many.
 */
struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 65536);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, MAX_DEPTH * sizeof(__u64));
} stacks SEC(".maps");

/* How often each stack was met. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} samples SEC(".maps");

/* Called by the clock, wherever the thread is at this moment. */
SEC("perf_event")
int sample(void *ctx)
{
	__u64 one = 1, *count;
	__s64 stack;
	__u32 key;

	stack = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);
	if (stack < 0)
		return 0; /* there is none, or the map is full */
	key = stack;
	count = bpf_map_lookup_elem(&samples, &key);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&samples, &key, &one, BPF_ANY);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
