/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * The kernel's structures for congestion control, as far as labs need them. Include kernel.h first.
 */
#ifndef LABS_TCP_H
#define LABS_TCP_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* A TCP socket as the kernel knows it. Layouts differ between kernels: see kernel.h. */
struct tcp_sock {
	__u32 snd_cwnd;	    /* the congestion window, in packets */
	__u32 snd_ssthresh; /* below this size the window grows fast */
	__u32 srtt_us;	    /* smoothed round-trip time, in eighths of a microsecond */
};

#pragma clang attribute pop

struct sock;

/*
 * What a congestion control algorithm consists of. libbpf finds each member in the kernel's own
 * structure by its name; members that are not here are left empty.
 */
struct tcp_congestion_ops {
	void (*init)(struct sock *sk);
	void (*release)(struct sock *sk);
	__u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	__u32 (*undo_cwnd)(struct sock *sk);
	char name[16];
};

#endif /* LABS_TCP_H */
