// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * For the feature `struct-ops`. It has an object of its own, since libbpf asks for the kernel's
 * types as soon as an object has a struct_ops in it, whether it is used or not.
 */
#include "kernel.h"
#include "tcp.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("struct_ops")
__u32 BPF_PROG(try_undo_cwnd, struct sock *sk)
{
	return 2;
}

SEC(".struct_ops")
struct tcp_congestion_ops try_struct_ops = {
	.undo_cwnd = (void *)try_undo_cwnd,
	.name = "labs_try",
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
