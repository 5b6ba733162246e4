// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#include "kernel.h"
#include <bpf/bpf_helpers.h>

#define CLOCK_MONOTONIC 1
#define MILLISECOND	1000000ULL
#define TIMES		3

/* What is in it is the kernel's business. A map's value may hold one. */
struct bpf_timer {
	__u64 opaque[2];
} __attribute__((aligned(8)));

struct alarm {
	struct bpf_timer timer;
	__u64 delay; /* of the alarm that is set, in nanoseconds */
	__u32 fired; /* how often it has gone off */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct alarm);
} alarms SEC(".maps");

/* For user space: when the alarms were set and went off, and how long each was to take. */
__u64 set_at[TIMES], gone_off_at[TIMES], delays[TIMES];

/* Sets the alarm, and notes what it is to be. */
static long set(struct alarm *alarm)
{
	__u32 number = alarm->fired;

	if (number < TIMES) {
		set_at[number] = bpf_ktime_get_ns();
		delays[number] = alarm->delay;
	}
	return bpf_timer_start(&alarm->timer, alarm->delay, 0);
}

/* Called by the kernel when the time has come. No event, and no process, is behind it. */
static int gone_off(void *map, __u32 *key, struct alarm *alarm)
{
	__u32 number = alarm->fired;

	if (number < TIMES)
		gone_off_at[number] = bpf_ktime_get_ns();
	alarm->fired++;
	if (alarm->fired < TIMES)
		set(alarm);
	return 0;
}

/* Any program of a type that may use timers can set one. This one is run by hand. */
SEC("tc")
int set_alarm(void *ctx)
{
	__u32 key = 0;
	struct alarm *alarm = bpf_map_lookup_elem(&alarms, &key);

	if (!alarm)
		return 1;
	if (bpf_timer_init(&alarm->timer, &alarms, CLOCK_MONOTONIC))
		return 2; /* it has been made before */
	if (bpf_timer_set_callback(&alarm->timer, gone_off))
		return 3;
	alarm->delay = 50 * MILLISECOND;
	if (set(alarm))
		return 4;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
