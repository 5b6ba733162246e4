/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * The kernel's types and constants, as far as the labs need them.
 *
 * Include it first, and neither <linux/...> headers nor a vmlinux.h beside it: it stands for
 * both.
 * Three kinds of things are here:
 *
 * 1. Integer types and constants of the BPF interface. They are part of the kernel's promise to
 *    user space (include/uapi/linux/bpf.h) and never change.
 * 2. Contexts: what a program is given as its argument. Their layout is promised too; the verifier
 *    rewrites each access to the kernel's own structure behind them.
 * 3. Kernel structures, of which only the members that labs use are listed. Their layout differs
 *    between kernels. preserve_access_index makes clang record every access by name (CO-RE), and
 *    libbpf puts in the running kernel's offset when it loads the object.
 */
#ifndef LABS_KERNEL_H
#define LABS_KERNEL_H

/* libbpf's headers ask whether kernel types came from a vmlinux.h; that is what this file is. */
#define __VMLINUX_H__

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;

/* Big-endian numbers, as they are in a packet. */
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;

typedef _Bool bool;
enum {
	false = 0,
	true = 1,
};

typedef unsigned long size_t;
typedef int pid_t;

#define NULL ((void *)0)

/* bpf_get_current_comm() and task_struct.comm: 15 characters and the end. */
#define TASK_COMM_LEN 16

/* For the member `type` of a map. */
enum bpf_map_type {
	BPF_MAP_TYPE_UNSPEC = 0,
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PROG_ARRAY = 3,
	BPF_MAP_TYPE_PERF_EVENT_ARRAY = 4,
	BPF_MAP_TYPE_PERCPU_HASH = 5,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_STACK_TRACE = 7,
	BPF_MAP_TYPE_CGROUP_ARRAY = 8,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_LRU_PERCPU_HASH = 10,
	BPF_MAP_TYPE_LPM_TRIE = 11,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_HASH_OF_MAPS = 13,
	BPF_MAP_TYPE_DEVMAP = 14,
	BPF_MAP_TYPE_SOCKMAP = 15,
	BPF_MAP_TYPE_CPUMAP = 16,
	BPF_MAP_TYPE_QUEUE = 22,
	BPF_MAP_TYPE_STACK = 23,
	BPF_MAP_TYPE_DEVMAP_HASH = 25,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_BLOOM_FILTER = 30,
	BPF_MAP_TYPE_USER_RINGBUF = 31,
	BPF_MAP_TYPE_ARENA = 33,
};

/* The flags of bpf_map_update_elem(). */
enum {
	BPF_ANY = 0,	 /* create the entry, or replace it */
	BPF_NOEXIST = 1, /* create it; fail when it is there */
	BPF_EXIST = 2,	 /* replace it; fail when it is not there */
};

/* For the member `map_flags` of a map. */
enum {
	BPF_F_NO_PREALLOC = 1U << 0,
	BPF_F_RDONLY_PROG = 1U << 7,
};

/* The flags of bpf_perf_event_output(), bpf_ringbuf_output() and bpf_ringbuf_submit(). */
#define BPF_F_CURRENT_CPU 0xffffffffULL
enum {
	BPF_RB_NO_WAKEUP = 1U << 0,
	BPF_RB_FORCE_WAKEUP = 1U << 1,
};

/* What an XDP program may return. */
enum xdp_action {
	XDP_ABORTED = 0,
	XDP_DROP = 1,
	XDP_PASS = 2,
	XDP_TX = 3,
	XDP_REDIRECT = 4,
};

/* The context of an XDP program. data and data_end look like numbers, but are pointers. */
struct xdp_md {
	__u32 data;
	__u32 data_end;
	__u32 data_meta;
	__u32 ingress_ifindex;
	__u32 rx_queue_index;
	__u32 egress_ifindex;
};

/* The context of a raw tracepoint: the arguments of the tracepoint, as many as it has. */
struct bpf_raw_tracepoint_args {
	__u64 args[0];
};

/* Headers of a packet. */
#define ETH_P_IP   0x0800
#define ETH_P_IPV6 0x86dd

struct ethhdr {
	__u8 h_dest[6];
	__u8 h_source[6];
	__be16 h_proto;
};

struct iphdr {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	__u8 ihl : 4;
	__u8 version : 4;
#else
	__u8 version : 4;
	__u8 ihl : 4;
#endif
	__u8 tos;
	__be16 tot_len;
	__be16 id;
	__be16 frag_off;
	__u8 ttl;
	__u8 protocol;
	__u16 check;
	__be32 saddr;
	__be32 daddr;
};

/* From here on: the kernel's own structures. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* ANCHOR: task_struct */
struct task_struct {
	pid_t pid;  /* what user space calls a thread's id */
	pid_t tgid; /* what user space calls the process id */
	struct task_struct *real_parent;
	char comm[TASK_COMM_LEN];
};
/* ANCHOR_END: task_struct */

/* The context of a kprobe: the processor's registers. To be read with PT_REGS_PARM1() and so on. */
#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8;
	unsigned long ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	__u64 regs[31];
	__u64 sp, pc, pstate;
};
struct pt_regs {
	struct user_pt_regs user_regs;
	__u64 orig_x0;
};
#endif

#pragma clang attribute pop

#endif /* LABS_KERNEL_H */
