/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * A program that reads what the kernel has made of a classic filter. The kernel tells nobody; but a
 * program may follow the kernel's pointers: from the running process to its open file, to the
 * socket behind it, to the socket's filter and the filter's instructions.
 *
 * The names end in three underscores and more, so that they are nobody else's; libbpf leaves that
 * off when it looks for them in the running kernel.
 */
#ifndef LABS_TRANSLATED_H
#define LABS_TRANSLATED_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct bpf_insn___translated {
	__u8 code;
};

struct bpf_prog___translated {
	__u32 len; /* instructions of 8 bytes */
	struct bpf_insn___translated insnsi[0];
};

struct sk_filter___translated {
	struct bpf_prog___translated *prog;
};

struct sock___translated {
	struct sk_filter___translated *sk_filter;
};

struct socket___translated {
	struct sock___translated *sk;
};

struct file___translated {
	void *private_data;
};

struct fdtable___translated {
	struct file___translated **fd;
};

struct files_struct___translated {
	struct fdtable___translated *fdt;
};

struct task_struct___translated {
	struct files_struct___translated *files;
};

#pragma clang attribute pop

struct {
	__u64 length; /* instructions */
	__u64 instructions[512];
} translated;

/* Run once by the lab, for one of its own open files: a socket. */
SEC("raw_tp")
int read_translated(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct___translated *task = (void *)bpf_get_current_task();
	struct file___translated *file = NULL, **files;
	struct socket___translated *socket;
	struct bpf_prog___translated *prog;
	__u32 bytes;

	files = BPF_CORE_READ(task, files, fdt, fd);
	bpf_probe_read_kernel(&file, sizeof(file), files + ctx->args[0]);
	socket = BPF_CORE_READ(file, private_data);
	prog = BPF_CORE_READ(socket, sk, sk_filter, prog);

	bytes = BPF_CORE_READ(prog, len) * sizeof(translated.instructions[0]);
	if (bytes > sizeof(translated.instructions))
		return 1;
	bpf_probe_read_kernel(translated.instructions, bytes,
			      (void *)prog +
				      bpf_core_field_offset(struct bpf_prog___translated, insnsi));
	translated.length = bytes / sizeof(translated.instructions[0]);
	return 0;
}

#endif /* LABS_TRANSLATED_H */
