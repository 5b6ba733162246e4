// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

#define ITEMS 4

/* What user space sends. */
struct order {
	__u32 item;
	__s32 amount; /* below zero: taken out of the stock */
};

/* A pointer that knows how much is behind it. */
struct bpf_dynptr {
	__u64 opaque[2];
} __attribute__((aligned(8)));

/* The other direction: user space writes, a program reads. */
struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 64 * 1024);
} orders SEC(".maps");

__s64 stock[ITEMS];
__u32 refused;

/* Called for each record; 0: go on with the next, 1: leave the rest for later. */
static long take_order(struct bpf_dynptr *record, void *context)
{
	struct order order;

	if (bpf_dynptr_read(&order, sizeof(order), record, 0, 0) || order.item >= ITEMS) {
		refused++;
		return 0;
	}
	stock[order.item] += order.amount;
	return 0;
}

/* Reads what there is. Run by hand; any event could do the same. */
SEC("tc")
int take_orders(void *ctx)
{
	/* How many records it were, or an error. */
	return bpf_user_ringbuf_drain(&orders, take_order, NULL, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
