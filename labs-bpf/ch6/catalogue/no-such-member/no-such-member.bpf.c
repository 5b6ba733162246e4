// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

struct task_struct___mine {
	int tgid;
} __attribute__((preserve_access_index));

SEC("raw_tp/sys_enter")
int group(void *ctx)
{
	struct task_struct___mine *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, tgid);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
