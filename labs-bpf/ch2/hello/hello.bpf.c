// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/*
 * Run whenever a process calls execve, to start another program. The kernel's function behind the
 * system call has a name of its own on each architecture; libbpf knows it.
 */
SEC("ksyscall/execve")
int hello(void *ctx)
{
	bpf_printk("Hello World!");
	return 0;
}

/* Some helpers, bpf_printk's among them, are for programs under a GPL-compatible license only. */
char LICENSE[] SEC("license") = "Dual BSD/GPL";
