// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include "net.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* How many packets the filter has seen: [0], and let through: [1]. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} packets SEC(".maps");

static void count(__u32 which)
{
	__u64 *value = bpf_map_lookup_elem(&packets, &which);

	if (value)
		__sync_fetch_and_add(value, 1);
}

SEC("socket")
int http_requests(struct __sk_buff *skb)
{
	__u32 at = sizeof(struct ethhdr);
	struct iphdr ip;
	struct tcphdr tcp;
	char start[4];

	count(0);

	/* A filter cannot reach into the packet, it asks for copies: 0 means that it got one. */
	if (skb->protocol != bpf_htons(ETH_P_IP) || bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)))
		return 0;
	if (ip.protocol != IPPROTO_TCP)
		return 0;
	at += ip.ihl * 4;
	if (bpf_skb_load_bytes(skb, at, &tcp, sizeof(tcp)) || tcp.dest != bpf_htons(80))
		return 0;

	/* HTTP follows the TCP header, if anything does: most packets only acknowledge. */
	at += tcp.doff * 4;
	if (bpf_skb_load_bytes(skb, at, start, sizeof(start)))
		return 0;
	if (__builtin_memcmp(start, "GET ", 4))
		return 0;

	count(1);
	return skb->len; /* how many bytes of the packet the socket gets */
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
