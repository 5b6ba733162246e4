/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * What labs about the network need besides kernel.h, which is included first: the headers of
 * packets and the contexts of network programs. All of it is promised to user space and never
 * changes.
 */
#ifndef LABS_NET_H
#define LABS_NET_H

/* The member `protocol` of struct iphdr. */
#define IPPROTO_ICMP 1
#define IPPROTO_TCP  6
#define IPPROTO_UDP  17

/* The member `type` of struct icmphdr. */
#define ICMP_ECHOREPLY 0
#define ICMP_ECHO      8

struct icmphdr {
	__u8 type;
	__u8 code;
	__u16 checksum;
	__be16 id;
	__be16 sequence;
};

struct tcphdr {
	__be16 source;
	__be16 dest;
	__be32 seq;
	__be32 ack_seq;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	__u16 res1 : 4, doff : 4, fin : 1, syn : 1, rst : 1, psh : 1, ack : 1, urg : 1, ece : 1,
		cwr : 1;
#else
	__u16 doff : 4, res1 : 4, cwr : 1, ece : 1, urg : 1, ack : 1, psh : 1, rst : 1, syn : 1,
		fin : 1;
#endif
	__be16 window;
	__u16 check;
	__be16 urg_ptr;
};

/* What a program at tc may return. */
enum {
	TC_ACT_OK = 0,
	TC_ACT_SHOT = 2,
};

/* The context of programs that see packets later than XDP: tc, socket filters, cgroups. */
struct __sk_buff {
	__u32 len;
	__u32 pkt_type;
	__u32 mark;
	__u32 queue_mapping;
	__u32 protocol;
	__u32 vlan_present;
	__u32 vlan_tci;
	__u32 vlan_proto;
	__u32 priority;
	__u32 ingress_ifindex;
	__u32 ifindex;
	__u32 tc_index;
	__u32 cb[5];
	__u32 hash;
	__u32 tc_classid;
	__u32 data;
	__u32 data_end;
};

/* The member `op` of struct bpf_sock_ops: why the program is called. */
enum {
	BPF_SOCK_OPS_TCP_CONNECT_CB = 3,	 /* connect() is about to send its first packet */
	BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB = 4,	 /* a connection that we asked for is there */
	BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB = 5, /* a connection that a client asked for is there */
	BPF_SOCK_OPS_STATE_CB = 10,		 /* the state of a connection changes */
	BPF_SOCK_OPS_TCP_LISTEN_CB = 11,	 /* listen() was called */
};

/* Calls that a socket gets only when they were asked for: bpf_sock_ops_cb_flags_set(). */
#define BPF_SOCK_OPS_STATE_CB_FLAG (1 << 2)

/* States of TCP, in args[0] (old) and args[1] (new) of BPF_SOCK_OPS_STATE_CB. */
enum {
	BPF_TCP_ESTABLISHED = 1,
	BPF_TCP_CLOSE = 7,
};

/* The context of a program that is called for events of TCP connections. */
struct bpf_sock_ops {
	__u32 op;
	union {
		__u32 args[4];
		__u32 reply;
		__u32 replylong[4];
	};
	__u32 family;
	__u32 remote_ip4; /* in network byte order */
	__u32 local_ip4;  /* likewise */
	__u32 remote_ip6[4];
	__u32 local_ip6[4];
	__u32 remote_port; /* in network byte order */
	__u32 local_port;  /* in the machine's byte order */
	__u32 is_fullsock;
	__u32 snd_cwnd;
	__u32 srtt_us; /* smoothed round-trip time, in eighths of a microsecond */
	__u32 bpf_sock_ops_cb_flags;
	__u32 state;
};

/*
 * The checksum after 2 bytes of what it covers have changed from `old` to `new` (RFC 1624). All
 * three are as they lie in the packet: the sum comes out the same in either byte order.
 */
static inline __u16 checksum_replace(__u16 check, __u16 old, __u16 new)
{
	__u32 sum = (__u16)~check + (__u16)~old + new;

	/* What went beyond 16 bits is added back. */
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* The same for 4 bytes, such as an address. */
static inline __u16 checksum_replace4(__u16 check, __be32 old, __be32 new)
{
	check = checksum_replace(check, old, new);
	return checksum_replace(check, old >> 16, new >> 16);
}

#endif /* LABS_NET_H */
