// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

#define SMALLEST 14 /* the header of a frame */
#define LARGEST	 256

struct __sk_buff {
	__u32 len; /* of the packet */
};

/* A pointer that knows how much is behind it. What is in it is the kernel's business. */
struct bpf_dynptr {
	__u64 opaque[2];
} __attribute__((aligned(8)));

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} records SEC(".maps");

/* Too large for the stack. Only one processor runs the program, so one is enough. */
__u8 packet[LARGEST];

/* Sends a record that is as long as the packet. Run by hand, on packets of many sizes. */
SEC("tc")
int copy_packet(struct __sk_buff *skb)
{
	struct bpf_dynptr record;
	__u32 length = skb->len;

	if (length < SMALLEST)
		return 1;
	barrier_var(length); /* or clang makes one test of two, which older kernels do not follow */
	if (length > LARGEST)
		return 1;
	if (bpf_skb_load_bytes(skb, 0, packet, length))
		return 2;

	/* bpf_ringbuf_reserve wants a size that is known at load time. This does not. */
	if (bpf_ringbuf_reserve_dynptr(&records, length, 0, &record)) {
		bpf_ringbuf_discard_dynptr(&record, 0); /* even now it must be given back */
		return 3;
	}
	/* The bounds are tested when the program runs: too much is an error, not an overflow. */
	if (bpf_dynptr_write(&record, 0, packet, length, 0)) {
		bpf_ringbuf_discard_dynptr(&record, 0);
		return 4;
	}
	bpf_ringbuf_submit_dynptr(&record, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
