// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

/* What the program knows of the kernel's types: "STRUCT" has a size, "STRUCT.MEMBER" an offset. */
struct fact {
	char about[32];
	__u64 bytes;
};
struct fact facts[8];

/* Not a read of memory: a number, which libbpf puts into the program when it loads it. */
#define SIZE(index, type)                                                                          \
	do {                                                                                       \
		__builtin_memcpy(facts[index].about, #type, sizeof(#type));                        \
		facts[index].bytes = bpf_core_type_size(struct type);                              \
	} while (0)

#define OFFSET(index, type, member)                                                                \
	do {                                                                                       \
		const char about[] = #type "." #member;                                            \
		__builtin_memcpy(facts[index].about, about, sizeof(about));                        \
		facts[index].bytes = bpf_core_field_offset(struct type, member);                   \
	} while (0)

/* Any event will do. */
SEC("raw_tp/sys_enter")
int on_syscall(void *ctx)
{
	SIZE(0, task_struct);
	OFFSET(1, task_struct, pid);
	OFFSET(2, task_struct, real_parent);
	OFFSET(3, task_struct, comm);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
