/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * The numbers of system calls, which each architecture has chosen for itself: x86-64 and s390 long
 * ago, the newer ones all the same (include/uapi/asm-generic/unistd.h in the kernel's source).
 */
#ifndef LABS_SYSCALL_NUMBERS_H
#define LABS_SYSCALL_NUMBERS_H

#if defined(__TARGET_ARCH_x86)
#define SYS_getppid 110
#elif defined(__TARGET_ARCH_arm64) || defined(__TARGET_ARCH_riscv) ||                              \
	defined(__TARGET_ARCH_loongarch)
#define SYS_getppid 173
#elif defined(__TARGET_ARCH_s390) || defined(__TARGET_ARCH_powerpc) || defined(__TARGET_ARCH_arm)
#define SYS_getppid 64
#else
#error "the numbers of this architecture's system calls are not listed yet"
#endif

#endif /* LABS_SYSCALL_NUMBERS_H */
