//! Reads and writes of the 512 bytes below r10.

use crate::{
    category::Category::MemorySafety,
    explain::{
        account::Account,
        capture::number,
        case::Case,
        names,
        origin::{Origin, plural},
        table::{Row, plain, row},
        value::Range,
    },
};

pub(super) const ROWS: &[Row] = &[
    row(
        "invalid variable-offset {verb} stack R{#r} var_off={var} off={#off} size={#len}",
        MemorySafety,
        variable,
    ),
    row(
        "invalid variable-offset {verb} stack R{#r} var_off={var} size={#len}",
        MemorySafety,
        variable,
    ),
    row("invalid unbounded variable-offset{verb} stack R{#r}", MemorySafety, variable),
    row("invalid indirect access to stack R{#r} off={#off} size={#len}", MemorySafety, constant),
    row(
        "invalid indirect read from stack R{#r} off {#off}+{#at} size {#len}",
        MemorySafety,
        unwritten,
    ),
    row(
        "invalid indirect read from stack R{#r} var_off {var}+{#at} size {#len}",
        MemorySafety,
        unwritten,
    ),
    row("invalid read from stack R{#r} off {#off}+{#at} size {#len}", MemorySafety, unwritten),
    row("invalid read from stack off {#off}+{#at} size {#len}", MemorySafety, unwritten),
    row("invalid read from stack R{#r} off={#off} size={#len}", MemorySafety, constant),
    row("invalid write to stack R{#r} off={#off} size={#len}", MemorySafety, constant),
    row("invalid indirect {verb} stack R{#r} off={#off} size={#len}", MemorySafety, constant),
    row("invalid{verb} stack R{#r} off={#off} size={#len}", MemorySafety, constant),
    row("invalid{verb} read from stack R{#r} {rest}", MemorySafety, unwritten),
    row("misaligned stack access off {base}+{#off} size {#len}", MemorySafety, misaligned),
    plain(
        "misaligned {kind} access off {off} size {#len}",
        MemorySafety,
        "an access of {len} bytes at an address that is not a multiple of {len}",
        "read byte by byte, or copy with `__builtin_memcpy`, or keep the field aligned",
    ),
    row("invalid size of register fill", MemorySafety, fill),
    plain(
        "invalid size of register spill",
        MemorySafety,
        "a pointer is kept on the stack with less than 8 bytes",
        "keep pointers in variables of their own type, which are 8 bytes",
    ),
    plain(
        "corrupted spill memory",
        MemorySafety,
        "a pointer that is read back from the stack was partly overwritten",
        "keep the pointer in a slot of its own",
    ),
    plain(
        "attempt to corrupt spilled pointer on stack",
        MemorySafety,
        "a write to the stack would overwrite part of a pointer that is kept there",
        "keep the pointer in a variable of its own, apart from arrays and buffers",
    ),
    plain(
        "cannot spill pointers to stack into stack frame of the caller",
        MemorySafety,
        "a function keeps a pointer to its own stack in the stack of its caller",
        "a function's variables end with it: return a value instead of a pointer",
    ),
    plain(
        "leaking pointer from stack off {#off}",
        MemorySafety,
        "a kernel address on the stack at {off} would be given away",
        "clear the slot first, or copy only the bytes that are meant",
    ),
    plain(
        "variable offset stack pointer cannot be passed into helper function; var_off={var} off={#off} size={#len}",
        MemorySafety,
        "a pointer to the stack with a variable offset is passed to a helper",
        "pass a pointer with a constant offset",
    ),
    plain(
        "{what}uninit stack in range of var-offset write prohibited for !root; insn {#insn}, off: {#off}",
        MemorySafety,
        "a write at a variable offset covers stack that was never written",
        "initialise the whole array where it is declared: `= {}`",
    ),
    plain(
        "spilled ptr in range of var-offset stack write; insn {#insn}, ptr off: {#off}",
        MemorySafety,
        "a write at a variable offset may overwrite a pointer that is kept on the stack",
        "bound the index so that it stays within the array",
    ),
    plain(
        "R{#r}{what} stack access prohibited for !root, var_off={var}",
        MemorySafety,
        "without privileges, the stack can only be accessed at constant offsets",
        "use constant offsets, or load with CAP_BPF and CAP_PERFMON",
    ),
    plain(
        "R{#r} variable stack access prohibited for !root, var_off={var} off={#off}",
        MemorySafety,
        "without privileges, the stack can only be accessed at constant offsets",
        "use constant offsets, or load with CAP_BPF and CAP_PERFMON",
    ),
];

/// Bytes of stack that a function has.
const STACK: i64 = 512;

fn writes(case: &Case<'_, '_>) -> bool {
    case.text("verb").contains("write") || case.message.starts_with("invalid write")
}

fn constant(case: &Case<'_, '_>) -> Option<Account> {
    let (register, off, len) = (case.register()?, case.number("off")?, case.number("len")?);
    let verb = if writes(case) { "write" } else { "access" };
    let bytes = plural(len, "byte");
    let title = match case.callee() {
        Some(name) if off.saturating_add(len) > 0 => {
            format!("{name} is told to use more of the stack than there is")
        }
        _ => format!("{verb} beside the stack"),
    };
    let account = Account::new(title).register(register);
    let account = account.number("offset", off).number("access_size", len);
    let (meaning, help) = if off < -STACK {
        (
            format!(
                "{bytes} at offset {off} from r10: a function's stack has {STACK} bytes, offsets -{STACK} to -1."
            ),
            "use less stack: put large variables into a map (a per-CPU array with one entry)"
                .to_owned(),
        )
    } else if off.saturating_add(len) > 0 {
        let room = off.saturating_neg().max(0);
        let call = case.callee().map_or(String::new(), |name| format!("{name} is told to use "));
        let meaning = if call.is_empty() {
            format!(
                "{bytes} at offset {off} from r10 reach {} beyond the stack's end.",
                off.saturating_add(len)
            )
        } else {
            format!(
                "{call}{bytes} at offset {off} from r10, where only {} are left.",
                plural(room, "byte")
            )
        };
        let mut help = format!("make the variable {len} bytes large, or use only {room}");
        if case.callee().is_some_and(|name| name.starts_with("bpf_map_")) {
            help += ": a key's or value's type must be as large as the map's";
        }
        (meaning, help)
    } else {
        // The place is within the stack, so what is missing is a value there.
        return unwritten(case);
    };
    Some(account.meaning(meaning).origin(&case.origin(register)).help(help))
}

fn unwritten(case: &Case<'_, '_>) -> Option<Account> {
    let register = case.register();
    let off = case.number("off");
    let at = case.number("at").unwrap_or(0);
    let len = case.number("len");
    let mut account = Account::new("the program reads stack that it has not written")
        .number("offset", off.map(|off| off.saturating_add(at)))
        .number("access_size", len);
    account.register = register;
    if let (Some(off), Some(len)) = (off, len) {
        let who =
            case.callee().map_or("This instruction reads".into(), |name| format!("{name} reads"));
        account = account.meaning(format!(
            "{who} {} at offset {off} from r10, and byte {at} of them was never written on this path.",
            plural(len, "byte"),
        ));
    }
    if let Some(register) = register {
        account = account.origin(&case.origin(register));
    }
    Some(
        account
            .meaning("A gap between the fields of a struct counts as well.")
            .help("initialise the variable, padding included, where it is declared")
            .code("struct key key = {};"),
    )
}

fn variable(case: &Case<'_, '_>) -> Option<Account> {
    let register = case.register()?;
    let origin = case.origin(register);
    let added = origin.added.first().map(|&(index, at)| {
        let value = case.path.value(at, index);
        (value.and_then(|value| value.range()), Origin::of(case.path, at, index))
    });
    // All that is added to r10: the fixed offset, and from what to what the rest can be.
    let held = case.value(register);
    let fixed = held.map(|value| value.offset()).or_else(|| {
        let &(_, at) = origin.added.first()?;
        case.path.stack_offset(at, register)
    });
    let fixed = fixed.filter(|off| *off != 0).or(case.number("off"));
    let index_range = added.as_ref().and_then(|(range, _)| *range).or_else(|| {
        let (value, mask) =
            case.text("var").strip_prefix('(')?.strip_suffix(')')?.split_once("; ")?;
        let (low, mask) = (number(value)?, number(mask)?);
        (low >= 0 && (0..1 << 32).contains(&mask)).then_some(Range { low, high: low | mask })
    });
    let whole = match (held.and_then(|value| value.range()), fixed, index_range) {
        (Some(range), fixed, _) => Some((range.low, range.high, fixed.unwrap_or(0))),
        (None, Some(fixed), Some(range)) => Some((range.low, range.high, fixed)),
        _ => None,
    };
    let verb = if writes(case) { "writes" } else { "reads" };
    let name = case.source().as_deref().and_then(names::index).map(str::to_owned);
    let words = name.as_ref().map_or("the index".into(), |name| format!("`{name}`"));
    let mut account = Account::new(format!("{words} can lead beside the array on the stack"))
        .register(register)
        .number("access_size", case.number("len"));
    if let Some(range) = index_range {
        account =
            account.number("added_bytes_min", range.low).number("added_bytes_max", range.high);
    }
    account = match whole {
        Some((low, high, fixed)) => {
            let (low, high) = (fixed.saturating_add(low), fixed.saturating_add(high));
            let end = high.saturating_add(case.number("len").unwrap_or(1));
            let why = if end > 0 {
                "the stack ends before 0".to_owned()
            } else {
                "all of that must be in bounds and must have been written".to_owned()
            };
            account.number("offset_min", low).number("offset_max", high).meaning(format!(
                "The program {verb} the stack somewhere from offset {low} to {high} of r10; {why}."
            ))
        }
        None => account.meaning(format!(
            "The program {verb} the stack at an offset that is not bounded to an array."
        )),
    };
    account = account.origin(&origin);
    if let Some((_, way)) = &added {
        account = account.origin(way);
    }
    let name = name.as_deref().unwrap_or("index");
    let code = format!("if ({name} >= sizeof(array) / sizeof(array[0]))\n\treturn 0;");
    Some(account.help("bound the index to the array's size before this line").code(code))
}

fn misaligned(case: &Case<'_, '_>) -> Option<Account> {
    let (off, len) = (case.number("off")?, case.number("len")?);
    Some(
        Account::new(format!("{len} bytes of stack at {off}, which is not a multiple of {len}"))
            .number("offset", off)
            .number("access_size", len)
            .meaning("Accesses of the stack must be aligned to their size.")
            .help("let the compiler place the variable: packed structs and casts of byte arrays are the usual causes"),
    )
}

fn fill(case: &Case<'_, '_>) -> Option<Account> {
    let account = Account::new("part of a pointer is read back from the stack");
    let account = match case.access() {
        Some((memory, _)) => account
            .number("offset", memory.offset)
            .number("access_size", i64::from(memory.size))
            .meaning(format!("A pointer takes 8 bytes; this reads {} of them.", memory.size)),
        None => account,
    };
    Some(account.help("read the variable with its own type: a pointer is not a smaller number"))
}
