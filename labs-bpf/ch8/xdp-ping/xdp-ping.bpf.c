// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include "net.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum {
	PASSED,
	DROPPED,
};

/* How many packets went on into the network stack, and how many did not. */
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

/* The ICMP header of a ping request; NULL when the packet is anything else. */
static struct icmphdr *find_ping(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip;
	struct icmphdr *icmp;

	/* eth + 1 is where the Ethernet header ends. Does the packet reach that far? */
	if ((void *)(eth + 1) > data_end)
		return NULL;
	if (eth->h_proto != bpf_htons(ETH_P_IP))
		return NULL;

	ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > data_end)
		return NULL;
	if (ip->protocol != IPPROTO_ICMP)
		return NULL;

	/* An IP header may have options, so it says how long it is, in words of 4 bytes. */
	icmp = (void *)ip + ip->ihl * 4;
	if ((void *)(icmp + 1) > data_end)
		return NULL;
	if (icmp->type != ICMP_ECHO)
		return NULL;
	return icmp;
}

SEC("xdp")
int drop_pings(struct xdp_md *ctx)
{
	struct icmphdr *ping = find_ping(ctx);

	if (!ping) {
		count(PASSED);
		return XDP_PASS;
	}

	count(DROPPED);
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
