// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define EPERM 1

/* The file vault/locked.txt keeps its permissions. */
#define FOLDER "vault"
#define FILE   "locked.txt"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct inode {
	struct {
		__u32 val;
	} i_uid; /* the owner */
};
/* A name in a folder: paths are made of them. */
struct dentry {
	struct dentry *d_parent;
	struct {
		const unsigned char *name;
	} d_name;
	struct inode *d_inode;
};
struct path {
	struct dentry *dentry;
};
#pragma clang attribute pop

struct tally {
	__u64 asked;
	__u64 refused;
};

/* By user: how often the program was asked, and how often it said no. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct tally);
} tallies SEC(".maps");

static struct tally *tally_of(__u32 uid)
{
	struct tally none = {};

	bpf_map_update_elem(&tallies, &uid, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&tallies, &uid);
}

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

/* The kernel asks before it changes the permissions of a file. 0: go on; less than 0: refuse. */
SEC("lsm/path_chmod")
int BPF_PROG(on_chmod, const struct path *path)
{
	struct dentry *dentry = path->dentry;
	__u32 uid = bpf_get_current_uid_gid();
	struct tally *tally = tally_of(uid);

	if (!tally)
		return 0;
	__sync_fetch_and_add(&tally->asked, 1);
	if (!is_called(dentry, FILE, sizeof(FILE)))
		return 0;
	if (!is_called(dentry->d_parent, FOLDER, sizeof(FOLDER)))
		return 0;
	__sync_fetch_and_add(&tally->refused, 1);
	return -EPERM;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
