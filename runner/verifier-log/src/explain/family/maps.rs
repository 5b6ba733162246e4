//! Maps as arguments.

use crate::{
    category::Category::CallTypeSafety,
    explain::{
        account::Account,
        case::Case,
        table::{Row, plain, row},
    },
};

pub(super) const ROWS: &[Row] = &[
    row("cannot pass map_type {#type} into func {name}#{#id}", CallTypeSafety, map_type),
    plain(
        "no direct value access support for this map type",
        CallTypeSafety,
        "a constant string has to be in a map that can be addressed directly",
        "declare the string `static const`",
    ),
    plain(
        "pointer in R{#r} isn't map pointer",
        CallTypeSafety,
        "r{r} has to be a map",
        "pass `&map`",
    ),
    plain(
        "invalid map_ptr to access map->{what}",
        CallTypeSafety,
        "the map has to be passed before its {what}",
        "pass `&map` as the first argument",
    ),
    plain(
        "invalid arg_type for sockmap/sockhash",
        CallTypeSafety,
        "this helper does not take a value for a sockmap",
        "pass a socket",
    ),
    plain(
        "expected prog array map for tail call{rest}",
        CallTypeSafety,
        "bpf_tail_call takes a map of type BPF_MAP_TYPE_PROG_ARRAY",
        "pass such a map as the second argument",
    ),
];

fn map_type(case: &Case<'_, '_>) -> Option<Account> {
    let (name, kind) = (case.text("name"), case.number("type")?);
    let found = MAP_TYPES.get(usize::try_from(kind).ok()?).copied();
    let found = found.map_or(format!("of type {kind}"), |name| format!("a {name}"));
    let wanted = FITTING.iter().find(|(helper, _)| *helper == name);
    let account = Account::new(format!("{name} does not work on this map: it is {found}"));
    let account = account.number("map_type", kind);
    Some(match wanted {
        Some((_, wanted)) => account.help(format!("declare the map with `__uint(type, {wanted})`")),
        None => account.help("use a map of the type that the helper is for (`man 7 bpf-helpers`)"),
    })
}

/// `enum bpf_map_type` of `linux/bpf.h`.
const MAP_TYPES: [&str; 34] = [
    "map without type",
    "hash",
    "array",
    "program array",
    "perf event array",
    "per-CPU hash",
    "per-CPU array",
    "stack trace map",
    "cgroup array",
    "LRU hash",
    "per-CPU LRU hash",
    "LPM trie",
    "array of maps",
    "hash of maps",
    "device map",
    "sockmap",
    "CPU map",
    "AF_XDP socket map",
    "sockhash",
    "cgroup storage",
    "reuseport socket array",
    "per-CPU cgroup storage",
    "queue",
    "stack",
    "socket storage",
    "device hash",
    "struct_ops map",
    "ring buffer",
    "inode storage",
    "task storage",
    "bloom filter",
    "user ring buffer",
    "new cgroup storage",
    "arena",
];

/// The map type that a helper is for.
const FITTING: &[(&str, &str)] = &[
    ("bpf_perf_event_output", "BPF_MAP_TYPE_PERF_EVENT_ARRAY"),
    ("bpf_perf_event_read", "BPF_MAP_TYPE_PERF_EVENT_ARRAY"),
    ("bpf_skb_output", "BPF_MAP_TYPE_PERF_EVENT_ARRAY"),
    ("bpf_xdp_output", "BPF_MAP_TYPE_PERF_EVENT_ARRAY"),
    ("bpf_tail_call", "BPF_MAP_TYPE_PROG_ARRAY"),
    ("bpf_get_stackid", "BPF_MAP_TYPE_STACK_TRACE"),
    ("bpf_ringbuf_output", "BPF_MAP_TYPE_RINGBUF"),
    ("bpf_ringbuf_reserve", "BPF_MAP_TYPE_RINGBUF"),
    ("bpf_ringbuf_query", "BPF_MAP_TYPE_RINGBUF"),
    ("bpf_user_ringbuf_drain", "BPF_MAP_TYPE_USER_RINGBUF"),
    ("bpf_task_storage_get", "BPF_MAP_TYPE_TASK_STORAGE"),
    ("bpf_sk_storage_get", "BPF_MAP_TYPE_SK_STORAGE"),
    ("bpf_inode_storage_get", "BPF_MAP_TYPE_INODE_STORAGE"),
];
