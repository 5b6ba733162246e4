// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include "net.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

static void swap_ethernet(struct ethhdr *eth)
{
	__u8 source[6];

	__builtin_memcpy(source, eth->h_source, sizeof(source));
	__builtin_memcpy(eth->h_source, eth->h_dest, sizeof(source));
	__builtin_memcpy(eth->h_dest, source, sizeof(source));
}

/* Makes a ping request into its answer, and sends it back where it came from. */
SEC("xdp")
int answer_pings(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip;
	struct icmphdr *icmp;
	__be32 source;

	if ((void *)(eth + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > data_end || ip->protocol != IPPROTO_ICMP)
		return XDP_PASS;
	icmp = (void *)ip + ip->ihl * 4;
	if ((void *)(icmp + 1) > data_end || icmp->type != ICMP_ECHO)
		return XDP_PASS;

	swap_ethernet(eth);

	/* The sum over the IP header stays what it is: only the order of the parts changes. */
	source = ip->saddr;
	ip->saddr = ip->daddr;
	ip->daddr = source;

	/* The type is the upper half of the first 2 bytes that ICMP's checksum covers. */
	icmp->type = ICMP_ECHOREPLY;
	icmp->checksum = checksum_replace(icmp->checksum, bpf_htons(ICMP_ECHO << 8),
					  bpf_htons(ICMP_ECHOREPLY << 8));
	return XDP_TX;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
