//! What libbpf says before the verifier does, or in place of an instruction.

use crate::{
    category::Category::{Policy, ProgramStructure},
    explain::{
        account::Account,
        case::Case,
        table::{Row, plain, row},
    },
};

pub(super) const ROWS: &[Row] = &[
    row(
        "failed to resolve CO-RE relocation <{kind}> [{#type}] {what} ({path} @ {where})",
        ProgramStructure,
        relocation,
    ),
    row("failed to resolve CO-RE relocation {what}", ProgramStructure, relocation),
    plain(
        "BPF map '{name}' is referenced but wasn't created",
        ProgramStructure,
        "the map `{name}` was not created, and the program uses it",
        "let the loader create it (it was switched off with `bpf_map__set_autocreate`), or guard its use",
    ),
    plain(
        "kfunc '{name}' is referenced but wasn't resolved",
        ProgramStructure,
        "this kernel has no kfunc `{name}`, and the program comes to its call",
        "guard the call with `bpf_ksym_exists({name})`, or use a newer kernel",
    ),
    plain(
        "extern (func ksym) '{name}': not found in kernel or module BTFs",
        Policy,
        "this kernel has no kfunc `{name}`",
        "declare it `__ksym __weak` and guard the call with `bpf_ksym_exists({name})`, or use a newer kernel",
    ),
    plain(
        "extern (var ksym) '{name}': not found in kernel BTF",
        Policy,
        "this kernel has no variable `{name}`",
        "declare it `__ksym __weak` and test its address",
    ),
    row("prog '{program}': failed to prepare load attributes: {#errno}", Policy, target),
    row(
        "prog '{program}': failed to find kernel BTF type ID of '{name}': {#errno}",
        Policy,
        target,
    ),
    row("prog '{program}': failed to load: {#errno}", Policy, errno),
    row("prog '{program}': BPF program load failed: {errno}", Policy, errno),
];

fn relocation(case: &Case<'_, '_>) -> Option<Account> {
    let what = case.text("what");
    let account = Account::new(format!("this kernel has no `{what}`"))
        .meaning("The program reads it by CO-RE: libbpf looks the field up in the running kernel's BTF. It did not find it, put an invalid call in its place, and the verifier came to that call.");
    Some(
        account
            .help("correct the name; or, where kernels differ, ask first and give the old name a type with a suffix (`struct task_struct___old`)")
            .code("if (bpf_core_field_exists(task->FIELD))\n\tvalue = BPF_CORE_READ(task, FIELD);"),
    )
}

fn target(case: &Case<'_, '_>) -> Option<Account> {
    let program = case.text("program");
    let name = case.text("name");
    let what = if name.is_empty() { "what its section names".into() } else { format!("`{name}`") };
    Some(
        Account::new(format!("`{program}` cannot be attached: this kernel does not have {what}"))
            .number("errno", case.number("errno"))
            .meaning("libbpf looks the function of an fentry, fexit, LSM or tp_btf section up in the kernel's BTF before it loads the program.")
            .help("correct the section's name; `bpftool btf dump file /sys/kernel/btf/vmlinux | grep FUNC` lists what there is"),
    )
}

fn errno(case: &Case<'_, '_>) -> Option<Account> {
    let text = case.text("errno");
    let known = ERRORS.iter().find(|(number, name, words, _)| {
        text.trim() == *words
            || text.trim_start_matches('-') == *name
            || case.number("errno") == Some(number.saturating_neg())
    });
    let program = case.text("program");
    let account = Account::new(format!("`{program}` was refused without a verifier log"));
    Some(match known {
        Some((number, name, words, help)) => account
            .number("errno", -number)
            .meaning(format!("The error is {name} ({words})."))
            .help(*help)
            .unsure(),
        None => account.help("run the loader with its debug output on").unsure(),
    })
}

/// Errors of a load, and what they most often mean where there is no log.
const ERRORS: &[(i64, &str, &str, &str)] = &[
    (1, "EPERM", "Operation not permitted", "load as root or with CAP_BPF and CAP_PERFMON"),
    (
        2,
        "ENOENT",
        "No such file or directory",
        "what the program is to be attached to does not exist",
    ),
    (
        3,
        "ESRCH",
        "No such process",
        "what the program's section names is not in the kernel's BTF: correct the name",
    ),
    (7, "E2BIG", "Argument list too long", "the program has too many instructions"),
    (12, "ENOMEM", "Cannot allocate memory", "raise the limit of locked memory (RLIMIT_MEMLOCK)"),
    (
        13,
        "EACCES",
        "Permission denied",
        "ask for the log (log level 1) and read it with `labrunner explain`",
    ),
    (
        22,
        "EINVAL",
        "Invalid argument",
        "ask for the log (log level 1): without one, the program type, the attach type or a map of the wrong type is the usual cause; for a tail call, the map must be a BPF_MAP_TYPE_PROG_ARRAY",
    ),
    (28, "ENOSPC", "No space left on device", "the log's buffer is too small: give a larger one"),
    (
        95,
        "EOPNOTSUPP",
        "Operation not supported",
        "this kernel does not know the program type or the option",
    ),
];
