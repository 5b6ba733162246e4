// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

#define BPF_F_MMAPABLE (1U << 10)
#define ANY_NODE       (-1)
#define LENGTH	       5

/* Pages that programs and a process share. A pointer into it means the same for both. */
struct {
	__uint(type, BPF_MAP_TYPE_ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 16); /* pages */
} arena SEC(".maps");

void *bpf_arena_alloc_pages(void *map, void *address, __u32 pages, int node, __u64 flags) __ksym;

/* An element of a list. `next` is an address as user space knows it. */
struct element {
	struct element *next;
	__u64 value;
};

struct element *head;
__u64 sum;

/*
 * From an address of user space to one that a program can use. It is one instruction, which newer
 * compilers make by themselves for pointers marked as such (clang 19:
 * __BPF_FEATURE_ADDR_SPACE_CAST). Older ones do not know it, so its 8 bytes are written down here:
 * r1 = addr_space_cast(r1, 0, 1).
 */
static __always_inline struct element *here(struct element *there)
{
	struct element *result;

	asm volatile("r1 = %[there]\n\t"
		     ".byte 0xbf, 0x11\n\t" /* a move from r1 to r1 … */
		     ".2byte 1\n\t"	    /* … which is a change of the address space: */
		     ".4byte 1\n\t"	    /* from 1, the arena, to 0, the kernel */
		     "%[result] = r1"
		     : [result] "=r"(result)
		     : [there] "r"(there)
		     : "r1");
	return result;
}

/* Makes a list in a new page of the arena: 1, 2, 3, 4, 5. */
SEC("syscall")
int make_list(void *ctx)
{
	struct element *elements = bpf_arena_alloc_pages(&arena, NULL, 1, ANY_NODE, 0);

	if (!elements)
		return 1;
	for (int i = 0; i < LENGTH; i++) {
		struct element *element = here(elements + i);

		element->value = i + 1;
		element->next = i + 1 < LENGTH ? elements + i + 1 : NULL;
	}
	head = elements;
	return 0;
}

/* Adds the values up, from wherever user space says that the list begins. */
SEC("syscall")
int add_up(void *ctx)
{
	struct element *there = head;

	/* A program belongs to the arena that it names. make_list does so by its call. */
	asm volatile("" : : "r"(&arena));
	sum = 0;
	for (int i = 0; i < 100 && there; i++) {
		struct element *element = here(there);

		sum += element->value;
		there = element->next;
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
