// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include "classic.h"
#include "net.h"
#include "translated.h"

/*
 * Lets ICMP packets through, and no others. In a packet, the Ethernet header comes first, 14 bytes;
 * behind it the IPv4 header, mostly 20.
 */
const struct sock_filter filter[] SEC(".rodata.filter") = {
	LOAD_HALF(12),			   /* 0: the last member of the Ethernet header */
	JUMP_IF_EQUAL(ETH_P_IP, 0, 3),	   /* 1: not IPv4? go to 5 */
	LOAD_BYTE(14 + 9),		   /* 2: the protocol in the IPv4 header */
	JUMP_IF_EQUAL(IPPROTO_ICMP, 0, 1), /* 3: not ICMP? go to 5 */
	RETURN(0xffff),			   /* 4: all of it */
	RETURN(0),			   /* 5: nothing */
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
