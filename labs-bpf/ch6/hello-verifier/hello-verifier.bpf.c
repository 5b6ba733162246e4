// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* Globals can be changed from outside at any time: to the verifier `position` may be any number. */
__u32 position = 1;
char greeting[16] = "Hello verifier!";

struct event {
	__u32 uid;
	char command[TASK_COMM_LEN];
	char message[12];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

struct message {
	char text[12];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct message);
} messages SEC(".maps");

SEC("ksyscall/execve")
int kprobe_exec(void *ctx)
{
	struct event event = {.message = "Hello World"};
	struct message *own;
	__u32 sum = 0;

	event.uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(event.command, sizeof(event.command));

	/* A user may have a message of its own. */
	own = bpf_map_lookup_elem(&messages, &event.uid);
	if (own)
		event.message[0] = own->text[0];

	/* No index without a bound: on a global, and on the stack. */
	if (position < sizeof(greeting))
		bpf_printk("greeting: %c", greeting[position]);

	if (position < sizeof(event.message))
		bpf_printk("message: %c", event.message[position]);

	for (__u32 i = 0; i < 10; i++)
		sum += i;
	bpf_printk("sum: %d", sum);

	bpf_ringbuf_output(&events, &event, sizeof(event), 0);
	return 0;
}

SEC("xdp")
int xdp_protocol(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;

	/* The packet may be shorter than the header. */
	if (data + sizeof(*eth) <= data_end)
		bpf_printk("protocol %x", bpf_ntohs(eth->h_proto));

	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
