// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include "tcp.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* How many packets may be on their way at a time. */
#define WINDOW 4

enum {
	INIT,
	CONG_AVOID,
	SSTHRESH,
	UNDO_CWND,
};

/* How often TCP has called each of our functions. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} calls SEC(".maps");

static void count(__u32 which)
{
	__u64 *value = bpf_map_lookup_elem(&calls, &which);

	if (value)
		__sync_fetch_and_add(value, 1);
}

/* A socket begins to use the algorithm. Each sock of TCP is the front part of a tcp_sock. */
SEC("struct_ops")
void BPF_PROG(fixed_init, struct sock *sk)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;

	count(INIT);
	tp->snd_cwnd = WINDOW;
}

/* Packets were acknowledged: others let the window grow here. */
SEC("struct_ops")
void BPF_PROG(fixed_cong_avoid, struct sock *sk, __u32 ack, __u32 acked)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;

	count(CONG_AVOID);
	tp->snd_cwnd = WINDOW;
}

/* A packet was lost: to which size is the window to shrink? */
SEC("struct_ops")
__u32 BPF_PROG(fixed_ssthresh, struct sock *sk)
{
	count(SSTHRESH);
	return WINDOW;
}

/* It was not lost after all: what was the window before? */
SEC("struct_ops")
__u32 BPF_PROG(fixed_undo_cwnd, struct sock *sk)
{
	count(UNDO_CWND);
	return WINDOW;
}

/* One of the kernel's own structures of function pointers, filled with programs. */
SEC(".struct_ops.link")
struct tcp_congestion_ops labs_fixed = {
	.init = (void *)fixed_init,
	.cong_avoid = (void *)fixed_cong_avoid,
	.ssthresh = (void *)fixed_ssthresh,
	.undo_cwnd = (void *)fixed_undo_cwnd,
	.name = "labs_fixed",
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
