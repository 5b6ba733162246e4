// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "fixture.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("raw_tp/sys_enter")
int report(void *ctx)
{
	__u64 *event = bpf_ringbuf_reserve(&events, 8, 0);

	if (!event)
		return 0;
	*event = 7;
	if (bpf_get_prandom_u32() == 5)
		return 0;
	bpf_ringbuf_submit(event, 0);
	return 0;
}
