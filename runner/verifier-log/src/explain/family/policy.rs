//! What a program of this type and licence may call.

use crate::{
    category::Category::Policy,
    explain::{
        account::Account,
        case::Case,
        table::{Row, plain, row},
    },
};

pub(super) const ROWS: &[Row] = &[
    row("cannot call GPL-restricted function from non-GPL compatible program", Policy, licence),
    row("cannot call kernel function from non-GPL compatible program", Policy, licence),
    row("invalid func unknown#{#id}", Policy, unknown_helper),
    row("unknown func unknown#{#id}", Policy, unknown_helper),
    row("unknown func {name}#{#id}", Policy, helper),
    row("program of this type cannot use helper {name}#{#id}", Policy, helper),
    plain(
        "invalid func {name}#{#id}",
        Policy,
        "this kernel has no helper with the number {id} ({name})",
        "use a newer kernel, or do without it: libbpf's `bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_…)` tells at load time",
    ),
    plain(
        "calling kernel function {name} is not allowed",
        Policy,
        "the kfunc {name} is not for programs of this type",
        "call it from a program type that it is registered for",
    ),
    plain(
        "calling invalid kernel function{rest}",
        Policy,
        "the kfunc does not exist on this kernel{rest}",
        "test for it with `bpf_ksym_exists`",
    ),
    plain(
        "calling kernel function is not supported{rest}",
        Policy,
        "this kernel cannot call kfuncs{rest}",
        "use a kernel with CONFIG_DEBUG_INFO_BTF",
    ),
    plain(
        "calling kernel functions are not allowed in non-JITed programs",
        Policy,
        "kfuncs need the JIT compiler",
        "enable it: `sysctl net.core.bpf_jit_enable=1`",
    ),
    plain(
        "kernel function call{rest}",
        Policy,
        "kfuncs cannot be called here: kernel function call{rest}",
        "use a helper",
    ),
    plain(
        "{what} progs cannot use {thing} yet",
        Policy,
        "programs of the type `{what}` cannot use {thing} on this kernel",
        "use another program type or a newer kernel; for a counter, an atomic addition needs no lock",
    ),
    plain(
        "{what} progs cannot use {thing}",
        Policy,
        "programs of the type `{what}` cannot use {thing}",
        "use another program type, or do without",
    ),
    plain(
        "loading/calling other bpf or kernel functions are allowed for{rest}",
        Policy,
        "functions may be called only by programs that are loaded with CAP_BPF",
        "load as root or with CAP_BPF",
    ),
    plain(
        "function calls to other bpf functions are allowed for{rest}",
        Policy,
        "functions may be called only by programs that are loaded with CAP_BPF",
        "load as root or with CAP_BPF",
    ),
    plain(
        "func {name}#{#id} supported only for fentry/fexit/fmod_ret programs",
        Policy,
        "{name} works only in fentry, fexit and fmod_ret programs",
        "use such a program, or do without",
    ),
    plain(
        "func {name}#{#id} not supported for program type {#type}",
        Policy,
        "{name} does not work in programs of type {type}",
        "use another program type, or do without",
    ),
    plain(
        "destructive kfunc calls require CAP_SYS_BOOT capability",
        Policy,
        "this kfunc can bring the system down, and needs CAP_SYS_BOOT",
        "load with that capability",
    ),
    plain(
        "JIT does not support calling {rest}",
        Policy,
        "the JIT compiler of this processor does not know calls of {rest}",
        "use a newer kernel",
    ),
    plain(
        "JIT is required {rest}",
        Policy,
        "the JIT compiler is required {rest}",
        "enable it: `sysctl net.core.bpf_jit_enable=1`",
    ),
    plain(
        "JIT doesn't support {rest}",
        Policy,
        "the JIT compiler of this processor does not know {rest}",
        "use a newer kernel, or do without",
    ),
    plain(
        "CAP_BPF and CAP_PERFMON are required to use arena",
        Policy,
        "an arena needs CAP_BPF and CAP_PERFMON",
        "load as root or with these",
    ),
    plain(
        "tail_calls are not allowed in non-JITed programs with bpf-to-bpf calls",
        Policy,
        "tail calls together with functions need the JIT compiler",
        "enable it: `sysctl net.core.bpf_jit_enable=1`",
    ),
    plain(
        "callbacks are not allowed in non-JITed programs",
        Policy,
        "callbacks need the JIT compiler",
        "enable it: `sysctl net.core.bpf_jit_enable=1`",
    ),
    plain(
        "negative offset disallowed for kernel module function call",
        Policy,
        "a kfunc of a module is named wrongly",
        "use a newer libbpf",
    ),
    plain(
        "kfunc offset > 0 without fd_array is invalid",
        Policy,
        "a kfunc of a module is named without its module",
        "use a newer libbpf",
    ),
    plain(
        "invalid module BTF {rest}",
        Policy,
        "the module that has the kfunc is not known",
        "load the module first",
    ),
    plain(
        "BTF fd for kfunc is not a module BTF",
        Policy,
        "the module that has the kfunc is not known",
        "load the module first",
    ),
    plain(
        "failed to find BTF for kernel function",
        Policy,
        "this kernel has no type information on the kfunc",
        "use a kernel with CONFIG_DEBUG_INFO_BTF",
    ),
    plain(
        "kernel btf_id {#id} is not a function",
        Policy,
        "what is called as a kfunc is none",
        "compile against this kernel's BTF",
    ),
    plain(
        "kernel function btf_id {#id} does not have a valid func_proto",
        Policy,
        "the kfunc has no prototype in this kernel's BTF",
        "use another kernel",
    ),
    plain(
        "cannot find address for kernel function {name}",
        Policy,
        "the kfunc {name} has no address in this kernel",
        "use another kernel",
    ),
    plain(
        "address of kernel function {name} is out of range",
        Policy,
        "the kfunc {name} is too far from the program",
        "use another kernel",
    ),
    plain(
        "kfunc {name} failed callback verification",
        Policy,
        "the callback given to {name} is refused",
        "read what the log says on it above",
    ),
    plain(
        "only one cgroup storage of each type is allowed",
        Policy,
        "the program uses two cgroup storage maps of one type",
        "keep one",
    ),
    plain("Only one arena per program", Policy, "the program uses two arenas", "keep one"),
    plain(
        "arena's user address must be set via map_extra or mmap()",
        Policy,
        "the arena has no address in user space yet",
        "map it, or set `map_extra`",
    ),
    plain(
        "Sleepable programs can only use {rest}",
        Policy,
        "a sleepable program uses a map of another type: it can only use {rest}",
        "use one of those",
    ),
    plain(
        "bpf_struct_ops map cannot be used in prog",
        Policy,
        "a struct_ops map is used in a program",
        "user space works with it",
    ),
    plain(
        "offload device mismatch between prog and map",
        Policy,
        "program and map belong to different devices",
        "create both for the same device",
    ),
    plain(
        "fd {#fd} is not pointing to valid bpf_map",
        Policy,
        "a map that the program uses is not open",
        "create the map before the program is loaded",
    ),
    plain(
        "kernel is missing BTF, {rest}",
        Policy,
        "this kernel has no type information (BTF)",
        "use a kernel with CONFIG_DEBUG_INFO_BTF=y",
    ),
];

fn licence(case: &Case<'_, '_>) -> Option<Account> {
    let callee = case.callee();
    let title = callee.map_or("this call needs a GPL-compatible licence".into(), |name| {
        format!("{name} needs a GPL-compatible licence")
    });
    Some(
        Account::new(title)
            .meaning("The object declares another licence, or none. The kernel keeps some helpers, and all kfuncs, for programs under the GPL.")
            .help("declare a licence that the kernel counts as GPL-compatible, once in the object")
            .code("char LICENSE[] SEC(\"license\") = \"Dual BSD/GPL\";"),
    )
}

fn unknown_helper(case: &Case<'_, '_>) -> Option<Account> {
    let id = case.number("id")?;
    let account = Account::new(format!("this kernel has no helper with the number {id}"))
        .number("helper", id);
    let account = match NEWER.iter().find(|(known, ..)| *known == id) {
        Some((_, name, since)) => {
            account.meaning(format!("It is {name}, which Linux {since} brought."))
        }
        None if id > 1_000 => {
            account.meaning("No kernel has: the number is made up, or the call was never resolved.")
        }
        None => account.meaning("It is newer than this kernel."),
    };
    Some(account.help("use a newer kernel, or do without it; `bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_…)` tells at load time"))
}

/// Helpers that came after 5.10, as far as the course has to do with them.
const NEWER: &[(i64, &str, &str)] = &[
    (165, "bpf_snprintf", "5.13"),
    (169, "bpf_timer_init", "5.15"),
    (174, "bpf_get_attach_cookie", "5.15"),
    (181, "bpf_loop", "5.17"),
    (182, "bpf_strncmp", "5.17"),
    (191, "bpf_copy_from_user_task", "5.18"),
    (194, "bpf_kptr_xchg", "5.19"),
    (197, "bpf_dynptr_from_mem", "5.19"),
    (198, "bpf_ringbuf_reserve_dynptr", "5.19"),
    (201, "bpf_dynptr_read", "5.19"),
    (203, "bpf_dynptr_data", "5.19"),
    (209, "bpf_user_ringbuf_drain", "6.1"),
];

fn helper(case: &Case<'_, '_>) -> Option<Account> {
    let (name, id) = (case.text("name"), case.number("id")?);
    Some(
        Account::new(format!("{name} is not for programs of this type on this kernel"))
            .number("helper", id)
            .meaning("Each program type has its own set of helpers; some are allowed only from a certain kernel on.")
            .help(format!("call {name} from a program type that has it (`bpftool feature probe` lists them), or do without")),
    )
}
