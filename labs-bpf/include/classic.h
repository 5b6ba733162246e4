/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * Classic BPF, the language of filters since 1992, as promised to user space by the kernel's
 * include/uapi/linux/filter.h and bpf_common.h. kernel.h is included first.
 *
 * Its machine has two registers: the accumulator A, with which everything is calculated, and the
 * index X. A jump goes forward only, by the number of instructions that it leaves out.
 */
#ifndef LABS_CLASSIC_H
#define LABS_CLASSIC_H

struct sock_filter {
	__u16 code; /* what to do */
	__u8 jt;    /* how far to jump when the test is true */
	__u8 jf;    /* and when it is false */
	__u32 k;    /* a number or an offset */
};

/* A = 1, 2 or 4 bytes of the packet, from this offset on. A shorter packet is dropped. */
#define LOAD_BYTE(offset)                                                                          \
	{                                                                                          \
		.code = 0x30, .k = (offset)                                                        \
	}
#define LOAD_HALF(offset)                                                                          \
	{                                                                                          \
		.code = 0x28, .k = (offset)                                                        \
	}
#define LOAD_WORD(offset)                                                                          \
	{                                                                                          \
		.code = 0x20, .k = (offset)                                                        \
	}

/* Compares A with a number, and leaves out so many instructions when they are equal or are not. */
#define JUMP_IF_EQUAL(number, when_equal, when_not)                                                \
	{                                                                                          \
		.code = 0x15, .jt = (when_equal), .jf = (when_not), .k = (number)                  \
	}

/* The end: how many bytes of the packet go to the socket at most; 0 drops it. */
#define RETURN(bytes)                                                                              \
	{                                                                                          \
		.code = 0x06, .k = (bytes)                                                         \
	}

#endif /* LABS_CLASSIC_H */
