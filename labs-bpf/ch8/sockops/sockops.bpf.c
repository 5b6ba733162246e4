// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include "net.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum {
	CONNECTED,
	ACCEPTED,
	CLOSED,
	LISTENING,
};

/* What user space gets. */
struct event {
	__u32 what;
	__be32 local_address;
	__u32 local_port;
	__u32 remote_port;
	__u32 round_trip_us;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps");

static void report(struct bpf_sock_ops *ctx, __u32 what)
{
	struct event event = {
		.what = what,
		.local_address = ctx->local_ip4,
		.local_port = ctx->local_port,
		.remote_port = bpf_ntohl(ctx->remote_port),
		.round_trip_us = ctx->srtt_us >> 3, /* the kernel keeps it in eighths */
	};

	bpf_ringbuf_output(&events, &event, sizeof(event), 0);
}

/* Called at many moments in the life of a TCP socket. `op` says which one it is. */
SEC("sockops")
int tcp_events(struct bpf_sock_ops *ctx)
{
	switch (ctx->op) {
	case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
		report(ctx, CONNECTED);
		bpf_sock_ops_cb_flags_set(ctx, BPF_SOCK_OPS_STATE_CB_FLAG);
		break;
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		report(ctx, ACCEPTED);
		/* Changes of state come only to those who ask, for each socket. */
		bpf_sock_ops_cb_flags_set(ctx, BPF_SOCK_OPS_STATE_CB_FLAG);
		break;
	case BPF_SOCK_OPS_STATE_CB:
		if (ctx->args[1] == BPF_TCP_CLOSE)
			report(ctx, CLOSED);
		break;
	}
	return 1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
