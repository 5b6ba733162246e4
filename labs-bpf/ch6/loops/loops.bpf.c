// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

#define ROUNDS 100

/* Known outside only: so the compiler cannot calculate the results beforehand. */
__u32 seed = 2166136261;
__u32 hash;

static __always_inline __u32 mix(__u32 h, __u32 i)
{
	return (h ^ i) * 16777619;
}

SEC("xdp")
int unrolled(struct xdp_md *ctx)
{
	__u32 h = seed;

	/* The object has ROUNDS copies of the body, and no jump back. */
#pragma clang loop unroll(full)
	for (__u32 i = 0; i < ROUNDS; i++)
		h = mix(h, i);
	hash = h;
	return XDP_PASS;
}

SEC("xdp")
int bounded(struct xdp_md *ctx)
{
	__u32 h = seed;

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < ROUNDS; i++)
		h = mix(h, i);
	hash = h;
	return XDP_PASS;
}

static long one_round(__u32 i, void *context)
{
	__u32 *h = context;

	*h = mix(*h, i);
	return 0; /* 1 would end the loop */
}

SEC("xdp")
int called_back(struct xdp_md *ctx)
{
	__u32 h = seed;

	bpf_loop(ROUNDS, one_round, &h, 0);
	hash = h;
	return XDP_PASS;
}

/* The state of an iterator over numbers. Only the kernel looks inside. */
struct bpf_iter_num {
	__u64 opaque[1];
} __attribute__((aligned(8)));

SEC("xdp")
int iterator(struct xdp_md *ctx)
{
	__u32 h = seed;
	int i;

	bpf_for (i, 0, ROUNDS)
		h = mix(h, i);
	hash = h;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
