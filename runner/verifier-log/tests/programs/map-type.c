// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "fixture.h"

SEC("raw_tp/sys_enter")
int emit(void *ctx)
{
	__u64 value = 1;

	return bpf_perf_event_output(ctx, &runs, 0, &value, sizeof(value));
}
