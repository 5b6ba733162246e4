// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>

/* What one of the programs saw. */
struct sighting {
	__u64 numbers[2];
	char what[24];
	char item[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} sightings SEC(".maps");

/* A function of a program is called. User space says which, by its place in the file. */
SEC("uprobe")
int BPF_UPROBE(price_called, const char *item, __u32 units, __u32 each)
{
	struct sighting seen = {};

	seen.numbers[0] = units;
	seen.numbers[1] = each;
	__builtin_memcpy(seen.what, "price called", sizeof("price called"));
	/* The pointer is one of the process. */
	bpf_probe_read_user_str(seen.item, sizeof(seen.item), item);
	bpf_ringbuf_output(&sightings, &seen, sizeof(seen), 0);
	return 0;
}

/* It returns. Again there is the result, and no arguments. */
SEC("uretprobe")
int BPF_URETPROBE(price_returned, __u32 total)
{
	struct sighting seen = {};

	seen.numbers[0] = total;
	__builtin_memcpy(seen.what, "price returned", sizeof("price returned"));
	bpf_ringbuf_output(&sightings, &seen, sizeof(seen), 0);
	return 0;
}

/* A marker that the author of the program has put there, with two numbers to look at. */
SEC("usdt")
int BPF_USDT(sold_marker, __u64 units, __u64 total)
{
	struct sighting seen = {};

	seen.numbers[0] = units;
	seen.numbers[1] = total;
	__builtin_memcpy(seen.what, "marker sold", sizeof("marker sold"));
	bpf_ringbuf_output(&sightings, &seen, sizeof(seen), 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
