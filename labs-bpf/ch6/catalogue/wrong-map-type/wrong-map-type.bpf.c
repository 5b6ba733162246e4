// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
} events SEC(".maps");

SEC("raw_tp/sys_enter")
int send(void *ctx)
{
	__u32 uid = bpf_get_current_uid_gid();

	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &uid, sizeof(uid));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
