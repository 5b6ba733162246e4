// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include "net.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* Where packets go: key = the interface on which one arrives, value = the one to leave by. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u32);
} ways SEC(".maps");

/* How many packets came in by each interface. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} packets SEC(".maps");

SEC("xdp")
int forward(struct xdp_md *ctx)
{
	__u32 arrived = ctx->ingress_ifindex;
	__u64 *count = bpf_map_lookup_elem(&packets, &arrived);

	if (count)
		__sync_fetch_and_add(count, 1);

	/* If the map has no such entry, the verdict is what the last argument says. */
	return bpf_redirect_map(&ways, arrived, XDP_PASS);
}

/* Lets everything pass. A veth interface takes redirected packets only if it has a program. */
SEC("xdp")
int receive(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
