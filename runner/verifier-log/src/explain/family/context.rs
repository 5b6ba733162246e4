//! Accesses of the context, of maps as a whole, and of kernel structures.

use crate::{
    category::Category::{MemorySafety, RegisterTypeSafety},
    explain::{
        account::Account,
        capture::capture,
        case::Case,
        origin::plural,
        table::{Row, plain, row},
        value,
    },
};

pub(super) const ROWS: &[Row] = &[
    row("invalid bpf_context access off={#off} size={#len}", MemorySafety, context),
    row("func '{name}' doesn't have {#n}-th argument", MemorySafety, no_argument),
    row("variable {kind} access var_off={var} disallowed", MemorySafety, variable),
    row(
        "dereference of modified {kind} ptr R{#r} off={#off} disallowed",
        RegisterTypeSafety,
        modified,
    ),
    row("negative offset {kind} ptr R{#r} off={#off} disallowed", RegisterTypeSafety, modified),
    row("only read is supported", MemorySafety, only_read),
    row("access beyond struct {name} at off {#off} size {#len}", MemorySafety, beyond),
    row(
        "access beyond the end of member {name} (mend:{#end}) in struct {struct} with off {#off} size {#len}",
        MemorySafety,
        beyond,
    ),
    row(
        "write into map forbidden, value_size={#size} off={#off} size={#len}",
        MemorySafety,
        frozen,
    ),
    plain(
        "write into map forbidden",
        MemorySafety,
        "the program writes to a map that it may only read",
        "variables that are `const` live in a read-only map: drop `const`, or the write",
    ),
    plain(
        "read from map forbidden, value_size={#size} off={#off} size={#len}",
        MemorySafety,
        "the program reads a map that programs may only write",
        "create the map without `BPF_F_WRONLY_PROG`",
    ),
    plain(
        "BPF_{kind} stores into R{#r} {type} is not allowed",
        RegisterTypeSafety,
        "an atomic operation on r{r}, which is no memory for it (`{type}`)",
        "atomic operations work on map values, the stack and arena memory: count there",
    ),
    plain(
        "R{#r} cannot write into {kind}",
        MemorySafety,
        "the program writes to `{kind}`, which can only be read",
        "drop the write; copy the data to the stack to change the copy",
    ),
    plain(
        "write to change key R{#r} not allowed",
        MemorySafety,
        "the program writes to a map's key",
        "a key in a map cannot change: insert the new one and delete the old one",
    ),
    plain(
        "only read from {kind} is supported",
        MemorySafety,
        "the program writes to `{kind}`, which can only be read",
        "drop the write",
    ),
    plain(
        "'struct {name}' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN",
        MemorySafety,
        "reading `struct {name}` needs more rights than the loader has",
        "load with CAP_PERFMON",
    ),
    plain(
        "Cannot access kernel 'struct {name}' from non-GPL compatible program",
        MemorySafety,
        "reading `struct {name}` needs a GPL-compatible licence",
        "declare one: `char LICENSE[] SEC(\"license\") = \"GPL\";`",
    ),
    plain(
        "R{#r} is {name} invalid negative access: off={#off}",
        MemorySafety,
        "a kernel object is read {off} bytes from its beginning",
        "read fields of the object only; use `container_of` on a pointer that BTF knows",
    ),
    plain(
        "R{#r} is {name} invalid variable offset: off={#off}, var_off={var}",
        MemorySafety,
        "a kernel object is read at an offset that varies",
        "read fields at constant offsets, or copy with `bpf_probe_read_kernel`",
    ),
    plain(
        "R{#r} is {name} access user memory: off={#off}",
        MemorySafety,
        "r{r} points to user memory, which cannot be read directly",
        "copy it with `bpf_probe_read_user`",
    ),
    plain(
        "R{#r} is {name} access percpu memory: off={#off}",
        MemorySafety,
        "r{r} points to per-CPU memory, which cannot be read directly",
        "get this CPU's copy with `bpf_this_cpu_ptr` or another's with `bpf_per_cpu_ptr`",
    ),
    plain(
        "R{#r} invalid {kind} access off={#off} size={#len}",
        MemorySafety,
        "{len} bytes at offset {off} are no field of the {kind} that programs may read",
        "read a documented field, with its own size",
    ),
    plain(
        "map_ptr access not supported {rest}",
        MemorySafety,
        "the map's own structure cannot be read here",
        "use map helpers",
    ),
    plain(
        "{kind} cannot be accessed directly by load/store",
        MemorySafety,
        "a {kind} is read or written like memory, but only its helpers may touch it",
        "use the helpers for it",
    ),
];

fn context(case: &Case<'_, '_>) -> Option<Account> {
    let (off, len) = (case.number("off")?, case.number("len")?);
    const ARGUMENT: &str = "func '{name}' doesn't have {#n}-th argument";
    if let Some(found) = case.details().find_map(|line| capture(ARGUMENT, line.trim())) {
        return argument(case, found.text("name"), found.number("n")?);
    }
    let writes = case.access().is_some_and(|(_, writes)| writes);
    let bytes = plural(len, "byte");
    let account = Account::new(if writes {
        format!("the context cannot be written at offset {off}")
    } else {
        format!("the context has no field of {bytes} at offset {off}")
    });
    let account = account.number("offset", off).number("access_size", len).register(1);
    let account = match case.access() {
        Some((memory, _)) => account.register(memory.base).origin(&case.origin(memory.base)),
        None => account,
    };
    Some(if writes {
        account
            .meaning("Each program type says which fields of its context may be written; this one is not among them, or not with this size.")
            .help("keep the value in a variable or a map instead; for what a type allows see its context's structure in `linux/bpf.h`")
    } else {
        account
            .meaning("Each program type says which fields its context has and with which sizes they are read.")
            .help("read a field of the context's own structure with the field's own type, and use the section name that fits the program")
    })
}

fn no_argument(case: &Case<'_, '_>) -> Option<Account> {
    argument(case, case.text("name"), case.number("n")?)
}

fn argument(case: &Case<'_, '_>, name: &str, n: i64) -> Option<Account> {
    let read = case.access().map(|(memory, _)| memory.offset / 8);
    let account = Account::new(format!("`{name}` has no such argument"));
    let account = account.number("argument", read.or(n.checked_sub(1)));
    let account = match read {
        Some(read) => account.meaning(format!(
            "The program reads argument {read}, counted from 0; the kernel function `{name}` of this kernel has fewer.",
        )),
        None => account,
    };
    Some(account.help(format!(
        "use the arguments that `{name}` has on this kernel: `bpftool btf dump file /sys/kernel/btf/vmlinux` shows its prototype"
    )))
}

fn variable(case: &Case<'_, '_>) -> Option<Account> {
    let base = case.access().map(|(memory, _)| memory.base);
    let account = Account::new(format!(
        "{} is read at an offset that varies",
        value::name(case.text("kind"))
    ));
    let account =
        account.meaning("Its fields may be anything, so the verifier must know which one is read.");
    let account = match base {
        Some(base) => account.register(base).origin(&case.origin(base)),
        None => account,
    };
    Some(account.help("read each field by its name, and choose between the values afterwards"))
}

fn modified(case: &Case<'_, '_>) -> Option<Account> {
    let (register, off) = (case.register()?, case.number("off")?);
    let kind = value::name(case.text("kind"));
    Some(
        Account::new(format!("r{register} is {kind}, moved by {off}"))
            .register(register)
            .number("offset", off)
            .meaning("The pointer itself must stay as it was; only the offset in the access may vary.")
            .origin(&case.origin(register))
            .help("read the field through the original pointer: the compiler moved the pointer, which `volatile` or reading into a variable first prevents"),
    )
}

fn only_read(case: &Case<'_, '_>) -> Option<Account> {
    let account = Account::new("the program writes to a kernel object, which can only be read");
    let account = match case.access() {
        Some((memory, _)) => account
            .register(memory.base)
            .number("offset", memory.offset)
            .number("access_size", i64::from(memory.size))
            .origin(&case.origin(memory.base)),
        None => account,
    };
    Some(
        account.help(
            "drop the write; the kernel's own structures change only through helpers and kfuncs",
        ),
    )
}

fn beyond(case: &Case<'_, '_>) -> Option<Account> {
    let (off, len) = (case.number("off")?, case.number("len")?);
    let name = if case.text("struct").is_empty() { case.text("name") } else { case.text("struct") };
    let account = Account::new(format!("access beyond the end of `struct {name}`"))
        .number("offset", off)
        .number("access_size", len)
        .meaning(format!(
            "{} at offset {off} are beside what this kernel's `struct {name}` has.",
            plural(len, "byte")
        ));
    let account = match case.access() {
        Some((memory, _)) => account.register(memory.base).origin(&case.origin(memory.base)),
        None => account,
    };
    Some(account.help("read fields by name with CO-RE (`BPF_CORE_READ`, or `__attribute__((preserve_access_index))` on the structure), so that offsets fit the running kernel"))
}

fn frozen(case: &Case<'_, '_>) -> Option<Account> {
    let account = Account::new("the program writes to a map that it may only read")
        .number("size", case.number("size"))
        .number("offset", case.number("off"))
        .number("access_size", case.number("len"))
        .meaning("Variables that are `const` live in the map `.rodata`, which is frozen before the program is loaded.");
    let account = match case.access() {
        Some((memory, _)) => account.register(memory.base).origin(&case.origin(memory.base)),
        None => account,
    };
    Some(account.help("drop `const` from the variable, or set it from user space before loading"))
}
