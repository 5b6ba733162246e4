// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include "net.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define BACKENDS 2

/* A neighbour of the balancer, and the way to it. */
struct neighbour {
	__be32 address;
	__be32 our_address; /* of the balancer's interface towards it */
	__u32 interface;    /* the number of that interface */
	__u8 mac[6];
	__u8 our_mac[6];
};

/* Written by user space: the client, then the backends. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 + BACKENDS);
	__type(key, __u32);
	__type(value, struct neighbour);
} neighbours SEC(".maps");

/* A packet of HTTP over TCP over IPv4. */
struct packet {
	struct ethhdr *eth;
	struct iphdr *ip;
	struct tcphdr *tcp;
};

static bool parse(struct xdp_md *ctx, struct packet *packet)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;

	packet->eth = data;
	packet->ip = data + sizeof(struct ethhdr);
	packet->tcp = data + sizeof(struct ethhdr) + sizeof(struct iphdr);
	if ((void *)(packet->tcp + 1) > data_end)
		return false;
	/* Our hosts send no IP options; a packet that has some goes its usual way. */
	return packet->eth->h_proto == bpf_htons(ETH_P_IP) && packet->ip->ihl == 5 &&
	       packet->ip->protocol == IPPROTO_TCP;
}

/* Puts another address into the IP header. Two checksums cover it: IP's own, and TCP's. */
static void change_address(struct packet *packet, __be32 *address, __be32 new)
{
	packet->ip->check = checksum_replace4(packet->ip->check, *address, new);
	packet->tcp->check = checksum_replace4(packet->tcp->check, *address, new);
	*address = new;
}

/* Sends the packet out to a neighbour, whoever it was addressed to on the last cable. */
static int send_to(struct packet *packet, struct neighbour *neighbour)
{
	__builtin_memcpy(packet->eth->h_dest, neighbour->mac, 6);
	__builtin_memcpy(packet->eth->h_source, neighbour->our_mac, 6);
	return bpf_redirect(neighbour->interface, 0);
}

/*
 * Which backend a connection gets: 1 or 2. All packets of a connection have the same addresses and
 * ports, so they all get the same, and nothing needs to be remembered.
 */
static __u32 choose_backend(struct packet *packet)
{
	__u32 hash = bpf_ntohl(packet->ip->saddr) ^ bpf_ntohs(packet->tcp->source);

	/* After this multiplication the upper bits depend on all the lower ones. */
	hash *= 2654435761u;
	return 1 + (hash >> 31);
}

/* At the interface towards the client: requests. */
SEC("xdp")
int to_backend(struct xdp_md *ctx)
{
	struct neighbour *client, *backend;
	struct packet packet;
	__u32 key = 0;

	client = bpf_map_lookup_elem(&neighbours, &key);
	if (!client || !parse(ctx, &packet))
		return XDP_PASS;
	if (packet.ip->daddr != client->our_address || packet.tcp->dest != bpf_htons(80))
		return XDP_PASS;

	key = choose_backend(&packet);
	backend = bpf_map_lookup_elem(&neighbours, &key);
	if (!backend)
		return XDP_ABORTED;
	change_address(&packet, &packet.ip->daddr, backend->address);
	return send_to(&packet, backend);
}

/* At the interfaces towards the backends: answers, which shall seem to come from the balancer. */
SEC("xdp")
int to_client(struct xdp_md *ctx)
{
	struct neighbour *client;
	struct packet packet;
	__u32 key = 0;

	client = bpf_map_lookup_elem(&neighbours, &key);
	if (!client || !parse(ctx, &packet))
		return XDP_PASS;
	if (packet.ip->daddr != client->address || packet.tcp->source != bpf_htons(80))
		return XDP_PASS;

	change_address(&packet, &packet.ip->saddr, client->our_address);
	return send_to(&packet, client);
}

/* At the other ends of the cables: see the lab xdp-redirect. */
SEC("xdp")
int receive(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
