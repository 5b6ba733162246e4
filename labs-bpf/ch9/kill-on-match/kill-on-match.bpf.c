// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define SIGKILL	  9
#define O_ACCMODE 3 /* 0 for reading */

/* Who opens the file vault/bait.txt for reading is killed. */
#define FOLDER "vault"
#define FILE   "bait.txt"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct dentry {
	struct dentry *d_parent;
	struct {
		const unsigned char *name;
	} d_name;
};
struct file {
	struct {
		struct dentry *dentry;
	} f_path;
	unsigned int f_flags;
};
#pragma clang attribute pop

struct tally {
	__u64 opened;
	__u64 killed;
};

/* By user: how often the file was opened, and how many processes were killed for it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct tally);
} tallies SEC(".maps");

/* size counts the zero byte at the end, so a longer name is another name. */
static __always_inline bool is_called(const struct dentry *dentry, const char *name, __u32 size)
{
	char found[16] = {};

	bpf_probe_read_kernel_str(found, sizeof(found), dentry->d_name.name);
	for (__u32 i = 0; i < size; i++) {
		if (found[i] != name[i])
			return false;
	}
	return true;
}

/* Called for every file that is opened, when it has been found and before the process has it. */
SEC("fentry/security_file_open")
int BPF_PROG(on_open, struct file *file)
{
	struct dentry *dentry = file->f_path.dentry;
	__u32 uid = bpf_get_current_uid_gid();
	struct tally none = {}, *tally;

	if (file->f_flags & O_ACCMODE)
		return 0; /* somebody has to put the bait there */
	if (!is_called(dentry, FILE, sizeof(FILE)))
		return 0;
	if (!is_called(dentry->d_parent, FOLDER, sizeof(FOLDER)))
		return 0;
	bpf_map_update_elem(&tallies, &uid, &none, BPF_NOEXIST);
	tally = bpf_map_lookup_elem(&tallies, &uid);
	if (!tally)
		return 0;
	__sync_fetch_and_add(&tally->opened, 1);
	if (bpf_send_signal(SIGKILL) == 0)
		__sync_fetch_and_add(&tally->killed, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
