/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * Error numbers, for libbpf's headers that ask for this file. The system's own may need another
 * one that belongs to the machine, and is not always there. Up to 34 the numbers are the same
 * everywhere.
 */
#ifndef LABS_LINUX_ERRNO_H
#define LABS_LINUX_ERRNO_H

#define EPERM  1
#define ENOENT 2
#define ESRCH  3
#define EINTR  4
#define EIO    5
#define E2BIG  7
#define EAGAIN 11
#define ENOMEM 12
#define EACCES 13
#define EFAULT 14
#define EBUSY  16
#define EEXIST 17
#define EINVAL 22
#define ENOSPC 28
#define ERANGE 34

#endif /* LABS_LINUX_ERRNO_H */
