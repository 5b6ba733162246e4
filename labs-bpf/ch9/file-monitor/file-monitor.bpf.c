// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* Only this process is looked at. User space puts it in before the load. */
const volatile __u32 own_pid = 0;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct trace_event_raw_sys_enter {
	unsigned long args[6];
};
struct dentry {
	struct {
		const unsigned char *name;
	} d_name;
};
struct file {
	struct {
		struct dentry *dentry;
	} f_path;
};
#pragma clang attribute pop

/* What each of the two programs has seen of the open that is going on. */
char at_entry[64];
char in_kernel[64];
__u32 refused; /* nobody refuses anything yet */

static bool is_ours(void)
{
	return bpf_get_current_pid_tgid() >> 32 == own_pid;
}

/* A monitor at the entry of openat: it reads the path out of the memory of the process. */
SEC("tracepoint/syscalls/sys_enter_openat")
int enter_openat(struct trace_event_raw_sys_enter *ctx)
{
	if (is_ours())
		bpf_probe_read_user_str(at_entry, sizeof(at_entry), (const void *)ctx->args[1]);
	return 0;
}

/* A monitor in the kernel: it is asked when the file has been found. 0 lets the open go on. */
SEC("lsm/file_open")
int BPF_PROG(on_open, struct file *file)
{
	struct dentry *dentry = file->f_path.dentry;

	if (is_ours())
		bpf_probe_read_kernel_str(in_kernel, sizeof(in_kernel), dentry->d_name.name);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
