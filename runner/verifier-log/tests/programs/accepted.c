// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "fixture.h"

SEC("raw_tp/sys_enter")
int count_calls(void *ctx)
{
	__u32 key = bpf_get_current_uid_gid();
	__u64 one = 1, *seen = bpf_map_lookup_elem(&runs, &key);

	if (seen)
		*seen += 1;
	else
		bpf_map_update_elem(&runs, &key, &one, BPF_ANY);
	return 0;
}
