// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include "net.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ICMP_OFFSET (sizeof(struct ethhdr) + sizeof(struct iphdr))

enum {
	DROPPED,
	ANSWERED,
};

/* How many pings met with either fate. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} pings SEC(".maps");

static void count(__u32 which)
{
	__u64 *value = bpf_map_lookup_elem(&pings, &which);

	if (value)
		__sync_fetch_and_add(value, 1);
}

/* Whether a packet is a ping request, complete up to the end of its ICMP header. */
static bool is_ping(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data;
	void *data_end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	struct icmphdr *icmp = data + ICMP_OFFSET;

	if ((void *)(icmp + 1) > data_end)
		return false;
	return eth->h_proto == bpf_htons(ETH_P_IP) && ip->ihl == 5 &&
	       ip->protocol == IPPROTO_ICMP && icmp->type == ICMP_ECHO;
}

SEC("tc")
int drop_pings(struct __sk_buff *skb)
{
	if (!is_ping(skb))
		return TC_ACT_OK;
	count(DROPPED);
	return TC_ACT_SHOT;
}

SEC("tc")
int answer_pings(struct __sk_buff *skb)
{
	__u8 reply = ICMP_ECHOREPLY;
	struct ethhdr *eth;
	struct iphdr *ip;
	__u8 mac[6];
	__be32 address;

	if (!is_ping(skb))
		return TC_ACT_OK;

	/* The verifier has to see the comparison once more: these are new pointers. */
	eth = (void *)(long)skb->data;
	ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > (void *)(long)skb->data_end)
		return TC_ACT_OK;

	__builtin_memcpy(mac, eth->h_source, 6);
	__builtin_memcpy(eth->h_source, eth->h_dest, 6);
	__builtin_memcpy(eth->h_dest, mac, 6);
	address = ip->saddr;
	ip->saddr = ip->daddr;
	ip->daddr = address;

	/* Helpers change a packet, too. After each of them all pointers into it are void. */
	bpf_l4_csum_replace(skb, ICMP_OFFSET + __builtin_offsetof(struct icmphdr, checksum),
			    bpf_htons(ICMP_ECHO << 8), bpf_htons(ICMP_ECHOREPLY << 8), 2);
	bpf_skb_store_bytes(skb, ICMP_OFFSET, &reply, sizeof(reply), 0);

	count(ANSWERED);
	return bpf_redirect(skb->ifindex, 0); /* out of the interface on which it came */
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
