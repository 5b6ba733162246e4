// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

struct skb {
	__u32 before[19]; /* members of struct __sk_buff that are not needed here */
	__u32 data;
	__u32 data_end;
};

SEC("cgroup_skb/egress")
int first_byte(struct skb *skb)
{
	void *data = (void *)(long)skb->data;
	void *data_end = (void *)(long)skb->data_end;
	__u8 *byte = data;

	if (data + 1 > data_end)
		return 0;
	return *byte == 0x45;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
