// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
} events SEC(".maps");

__u32 wanted = 4;

SEC("raw_tp/sys_enter")
int name(void *ctx)
{
	char command[TASK_COMM_LEN] = {};
	__u32 size = (wanted & 15) + 1; /* 1 to 16 */

	bpf_get_current_comm(command, size);
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, command, sizeof(command));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
