// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define REFUSED_PORT 9001
#define IPPROTO_UDP  17

/* Contexts. Only the beginning of each is listed: the rest is not used here. */
struct __sk_buff {
	__u32 len; /* of the packet, from its IP header on */
};

struct bpf_sock_addr {
	__u32 user_family;
	__u32 user_ip4;	   /* big-endian, as in a packet */
	__u32 user_ip6[4]; /* the same */
	__u32 user_port;   /* the same: 2 bytes of it are used */
};

struct traffic {
	__u64 packets;
	__u64 bytes;
};

struct traffic sent, received;

/* Whether this is a datagram; then it is counted. */
static __always_inline void count(struct __sk_buff *skb, struct traffic *traffic)
{
	struct iphdr ip;

	if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)))
		return; /* too short */
	if (ip.version != 4 || ip.protocol != IPPROTO_UDP)
		return;
	__sync_fetch_and_add(&traffic->packets, 1);
	__sync_fetch_and_add(&traffic->bytes, skb->len);
}

/* For each packet that a process of the cgroup sends; 1: let it go. */
SEC("cgroup_skb/egress")
int count_sent(struct __sk_buff *skb)
{
	count(skb, &sent);
	return 1;
}

/* For each packet that a process of the cgroup is about to receive. */
SEC("cgroup_skb/ingress")
int count_received(struct __sk_buff *skb)
{
	count(skb, &received);
	return 1;
}

/* For each connect() to an IPv4 address, before anything is sent; 0: refuse it. */
SEC("cgroup/connect4")
int refuse_port(struct bpf_sock_addr *to)
{
	if (to->user_port == bpf_htons(REFUSED_PORT))
		return 0;
	return 1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
