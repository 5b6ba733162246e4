// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#define LICENSE "GPL"
#include "../programs/fixture.h"

struct el {
	struct bpf_spin_lock l;
	int n;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct el);
} la SEC(".maps");
SEC("tc")
int p(struct __sk_buff *ctx)
{
	__u32 k = 0;
	struct el *e = bpf_map_lookup_elem(&la, &k);
	if (!e)
		return 0;
	bpf_spin_lock(&e->l);
	e->n = bpf_get_prandom_u32();
	bpf_spin_unlock(&e->l);
	return 0;
}
