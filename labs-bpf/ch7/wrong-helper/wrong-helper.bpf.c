// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TC_ACT_OK 0

/* Where an Ethernet frame says what is in it, and how long its header is. */
#define ETH_TYPE_OFFSET 12
#define ETH_LENGTH	14

/* What the programs found in their packet: 0x0800 is IPv4. */
__u16 found_by_tc;
__u16 found_by_xdp;

/* A process is running when a function is called: the helpers that ask for it make sense. */
SEC("kprobe")
int at_function(void *ctx)
{
	char comm[TASK_COMM_LEN];
	__u64 thread = bpf_get_current_pid_tgid();

	bpf_get_current_comm(comm, sizeof(comm));
	return thread == 0 && comm[0] == 0;
}

/* A packet that has become a structure of the kernel: helpers copy from it and change it. */
SEC("tc")
int at_skb(struct __sk_buff *skb)
{
	__be16 type;

	if (bpf_skb_load_bytes(skb, ETH_TYPE_OFFSET, &type, sizeof(type)) == 0)
		found_by_tc = bpf_ntohs(type);
	return TC_ACT_OK;
}

/* A packet that is just bytes, and belongs to no process yet. */
SEC("xdp")
int at_packet(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;

	if (data + ETH_LENGTH > data_end)
		return XDP_DROP;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
