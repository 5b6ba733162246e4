// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/* One small program or map for each kernel feature that labs need: see labs/src/bin/probe. */
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/* How often the one program that is attached has run. */
__u32 hits;

#define PROBE(name, result)                                                                        \
	int name(void *ctx)                                                                        \
	{                                                                                          \
		hits++;                                                                            \
		return result;                                                                     \
	}

SEC("kprobe")
PROBE(try_kprobe, 0)

SEC("tp/raw_syscalls/sys_enter")
PROBE(try_tracepoint, 0)

SEC("raw_tp/sys_enter")
PROBE(try_raw_tracepoint, 0)

SEC("fentry/vfs_read")
PROBE(try_fentry, 0)

SEC("lsm/file_open")
PROBE(try_lsm, 0)

SEC("xdp")
PROBE(try_xdp, XDP_PASS)

SEC("tc")
PROBE(try_tc, 0)

SEC("sockops")
PROBE(try_sockops, 1)

SEC("cgroup_skb/egress")
PROBE(try_cgroup, 1)

SEC("iter/task")
PROBE(try_iter, 0)

SEC("uprobe")
PROBE(try_uprobe, 0)

SEC("perf_event")
PROBE(try_perf_event, 0)

static long count_round(__u32 i, void *context)
{
	hits++;
	return 0;
}

SEC("raw_tp/sys_enter")
int try_bpf_loop(void *ctx)
{
	bpf_loop(1, count_round, NULL, 0);
	return 0;
}

struct bpf_iter_num {
	__u64 opaque[1];
} __attribute__((aligned(8)));

SEC("raw_tp/sys_enter")
int try_number_iterator(void *ctx)
{
	int i;

	bpf_for (i, 0, 1)
		hits++;
	return 0;
}

extern struct task_struct *bpf_task_from_pid(__s32 pid) __ksym __weak;
extern void bpf_task_release(struct task_struct *task) __ksym __weak;

SEC("tp_btf/sys_enter")
int try_task_kfunc(void *ctx)
{
	struct task_struct *task = bpf_task_from_pid(1);

	if (task)
		bpf_task_release(task);
	hits++;
	return 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ringbuf SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
} perf_event_array SEC(".maps");

char LICENSE[] SEC("license") = "Dual BSD/GPL";
