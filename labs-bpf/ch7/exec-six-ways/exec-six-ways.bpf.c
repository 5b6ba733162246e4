// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* What one of the programs saw of an exec. */
struct sighting {
	__u32 pid;
	int argc; /* how many arguments the new program gets; -1: nobody looked */
	char way[12];
	char comm[TASK_COMM_LEN];
	char path[32];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} sightings SEC(".maps");

/* Kernel structures, as far as they are used here. */
struct linux_binprm {
	const char *filename;
	int argc;
} __attribute__((preserve_access_index));

struct trace_event_raw_sched_process_exec {
	__u32 __data_loc_filename; /* lower 16 bits: where the text is, from the start of this */
} __attribute__((preserve_access_index));

static __always_inline struct sighting *new_sighting(void)
{
	struct sighting *seen = bpf_ringbuf_reserve(&sightings, sizeof(*seen), 0);

	if (seen) {
		seen->pid = bpf_get_current_pid_tgid() >> 32;
		seen->argc = -1;
		bpf_get_current_comm(seen->comm, sizeof(seen->comm));
	}
	return seen;
}

/* 1. The system call: its arguments are as the process gave them, in the memory of the process. */
SEC("ksyscall/execve")
int BPF_KSYSCALL(by_ksyscall, const char *path)
{
	struct sighting *seen = new_sighting();

	if (!seen)
		return 0;
	__builtin_memcpy(seen->way, "ksyscall", sizeof("ksyscall"));
	bpf_probe_read_user_str(seen->path, sizeof(seen->path), path);
	bpf_ringbuf_submit(seen, 0);
	return 0;
}

/* 2. Any function of the kernel: bprm is a number out of a register, which nobody vouches for. */
SEC("kprobe/security_bprm_check")
int BPF_KPROBE(by_kprobe, struct linux_binprm *bprm)
{
	struct sighting *seen = new_sighting();

	if (!seen)
		return 0;
	__builtin_memcpy(seen->way, "kprobe", sizeof("kprobe"));
	bpf_probe_read_kernel_str(seen->path, sizeof(seen->path), BPF_CORE_READ(bprm, filename));
	bpf_ringbuf_submit(seen, 0);
	return 0;
}

/* 3. A function with its types: the verifier knows what bprm is, so -> may be used. */
SEC("fentry/begin_new_exec")
int BPF_PROG(by_fentry, struct linux_binprm *bprm)
{
	struct sighting *seen = new_sighting();

	if (!seen)
		return 0;
	__builtin_memcpy(seen->way, "fentry", sizeof("fentry"));
	bpf_probe_read_kernel_str(seen->path, sizeof(seen->path), bprm->filename);
	bpf_ringbuf_submit(seen, 0);
	return 0;
}

/* 4. A tracepoint: the kernel's authors chose the place, and what is copied into a record here. */
SEC("tp/sched/sched_process_exec")
int by_tp(struct trace_event_raw_sched_process_exec *ctx)
{
	struct sighting *seen = new_sighting();

	if (!seen)
		return 0;
	__builtin_memcpy(seen->way, "tp", sizeof("tp"));
	bpf_probe_read_kernel_str(seen->path, sizeof(seen->path),
				  (void *)ctx + (ctx->__data_loc_filename & 0xffff));
	bpf_ringbuf_submit(seen, 0);
	return 0;
}

/* 5. The same tracepoint before the record is made: its own arguments, with their types. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(by_tp_btf, struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm)
{
	struct sighting *seen = new_sighting();

	if (!seen)
		return 0;
	__builtin_memcpy(seen->way, "tp_btf", sizeof("tp_btf"));
	bpf_probe_read_kernel_str(seen->path, sizeof(seen->path), bprm->filename);
	bpf_ringbuf_submit(seen, 0);
	return 0;
}

/* 6. The same arguments once more, but as bare numbers. */
SEC("raw_tp/sched_process_exec")
int by_raw_tp(struct bpf_raw_tracepoint_args *ctx)
{
	struct linux_binprm *bprm = (struct linux_binprm *)ctx->args[2];
	struct sighting *seen = new_sighting();

	if (!seen)
		return 0;
	__builtin_memcpy(seen->way, "raw_tp", sizeof("raw_tp"));
	bpf_probe_read_kernel_str(seen->path, sizeof(seen->path), BPF_CORE_READ(bprm, filename));
	bpf_ringbuf_submit(seen, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
