//! Accesses beside a map's value, a record, or other memory of known size.

use crate::{
    category::Category::{MemorySafety, RegisterTypeSafety},
    explain::{
        account::Account,
        capture::{Captures, capture},
        case::Case,
        names,
        origin::{Origin, plural, span},
        table::{Row, plain, row},
        value::Range,
    },
};

pub(super) const ROWS: &[Row] = &[
    row("R{#r} max value is outside of the allowed memory range", MemorySafety, outside),
    row("R{#r} min value is outside of the allowed memory range", MemorySafety, outside),
    row(
        "invalid access to map value, value_size={#size} off={#off} size={#len}",
        MemorySafety,
        outside,
    ),
    row(
        "invalid access to map key, key_size={#size} off={#off} size={#len}",
        MemorySafety,
        outside,
    ),
    row("invalid access to memory, mem_size={#size} off={#off} size={#len}", MemorySafety, outside),
    row(
        "R{#r} min value is negative, either use unsigned index or do a if (index >=0) check.",
        MemorySafety,
        negative,
    ),
    row(
        "R{#r} unbounded memory access, make sure to bounds check any such access",
        MemorySafety,
        unbounded,
    ),
    row("value {#by} makes {kind} pointer be out of bounds", RegisterTypeSafety, far),
    row(
        "math between {kind} pointer and register with unbounded min value is not allowed",
        RegisterTypeSafety,
        far,
    ),
    row("math between {kind} pointer and {#by} is not allowed", RegisterTypeSafety, far),
    row("{kind} pointer offset {#by} is not allowed", RegisterTypeSafety, far),
    plain(
        "R{#r} invalid {kind} buffer access: off={#off}, size={#len}",
        MemorySafety,
        "the program accesses {len} bytes at offset {off} of a {kind} buffer, which does not have them",
        "the largest offset that is accessed decides what the program may be attached to: stay below it",
    ),
    plain(
        "R{#r} invalid variable buffer offset: off={#off}, var_off={var}",
        MemorySafety,
        "a buffer of unknown size is accessed at an offset that varies",
        "use a constant offset",
    ),
    plain(
        "invalid access to map value pointer, value_size={#size} off={#off}",
        MemorySafety,
        "the address of byte {off} is taken of a map value of {size} bytes",
        "stay within the value: offsets 0 to {size} minus one",
    ),
    plain(
        "direct value offset of {#off} is not allowed",
        MemorySafety,
        "a map's value cannot be addressed directly at offset {off}",
        "use an offset below the value's size",
    ),
];

/// The line with the numbers: `invalid access to map value, value_size=16 off=16 size=1`.
fn numbers<'a>(case: &Case<'_, 'a>) -> Option<(&'static str, Captures<'a>)> {
    const LINES: [(&str, &str); 3] = [
        ("map's value", "invalid access to map value, value_size={#size} off={#off} size={#len}"),
        ("map's key", "invalid access to map key, key_size={#size} off={#off} size={#len}"),
        ("memory", "invalid access to memory, mem_size={#size} off={#off} size={#len}"),
    ];
    let mut lines = std::iter::once(case.message).chain(case.details());
    lines.find_map(|line| {
        LINES.iter().find_map(|(what, pattern)| Some((*what, capture(pattern, line.trim())?)))
    })
}

/// The number that was added to the pointer: its register, bounds and way.
pub(super) struct Index<'a> {
    pub(super) register: u8,
    pub(super) range: Option<Range>,
    pub(super) origin: Origin<'a>,
    /// The variable, as far as the source line names it.
    pub(super) name: Option<String>,
}

pub(super) fn index<'a>(case: &Case<'_, 'a>, origin: &Origin<'a>) -> Option<Index<'a>> {
    let &(register, at) = origin.added.first()?;
    let end = case.end()?;
    let unchanged = !case.path.walks[at + 1..end].iter().any(|walk| walk.op.sets(register));
    let value = case.path.value(at, register);
    let value = value.or_else(|| case.value(register).filter(|_| unchanged));
    let way = Origin::of(case.path, at, register);
    let written = case.source().or_else(|| Some(case.place(at)?.text));
    let name = written.as_deref().and_then(names::index).map(str::to_owned);
    let name = name.or_else(|| case.variable(&way));
    Some(Index { register, range: value.and_then(|value| value.range()), origin: way, name })
}

fn outside(case: &Case<'_, '_>) -> Option<Account> {
    let Some((what, numbers)) = numbers(case) else { return somewhere(case) };
    let (size, off, len) =
        (numbers.number("size")?, numbers.number("off")?, numbers.number("len")?);
    let register = case.register().or_else(|| Some(case.access()?.0.base));
    let bytes = plural(len, "byte");
    let account = Account::new(format!("access beside the end of the {what}"));
    let mut account = if off < 0 {
        Account { title: format!("access before the beginning of the {what}"), ..account }
    } else {
        account
    };
    account = account.number("size", size).number("offset", off).number("access_size", len);
    account.register = register;
    let last = size.saturating_sub(1);
    let range = if size > 0 { format!("0 to {last}") } else { "none".into() };
    account = account.meaning(format!(
        "The program accesses {bytes} at offset {off}, but the {what} has {}: offsets {range}.",
        plural(size, "byte"),
    ));
    let origin = register.map(|register| case.origin(register));
    let Some(origin) = origin else { return Some(account.help("stay within the size")) };
    let index = index(case, &origin);
    account = account.origin(&origin);
    let Some(index) = index else {
        let fits = size.saturating_sub(len);
        let help = if fits < 0 {
            format!("read at most {} here, or make the {what} larger", plural(size, "byte"))
        } else {
            format!("use an offset from 0 to {fits}, or make the {what} larger")
        };
        return Some(account.help(help));
    };
    account = account.origin(&index.origin);
    // What is added counts bytes: for other elements than bytes, the C index is another number.
    let in_bytes = len == 1 && !index.origin.scaled;
    let variable = index.name.as_deref().filter(|_| in_bytes);
    if let Some(range) = index.range {
        let what = match variable {
            Some(name) => format!("`{name}`"),
            None => format!("What is added to the pointer (r{}, in bytes)", index.register),
        };
        account = number_of(account, range, in_bytes);
        account = account.meaning(format!("{what} can be {} here.", span(range)));
    }
    let name = index.name.as_ref().map_or("the index".into(), |name| format!("`{name}`"));
    let account = account
        .help(format!("bound {name} before this line so that offset and size stay within {size}"));
    // An index of bytes is the only one whose bound is certain without knowing the C types.
    let whole = index.range.is_some_and(|range| range.high == off);
    Some(match variable {
        Some(name) if whole && off > 0 => {
            account.code(format!("if ({name} >= {size})\n\treturn 0;"))
        }
        _ => account,
    })
}

fn number_of(account: Account, range: Range, bytes: bool) -> Account {
    let [low, high] =
        if bytes { ["index_min", "index_max"] } else { ["added_bytes_min", "added_bytes_max"] };
    account.number(low, range.low).number(high, range.high)
}

/// Without the line that has the numbers.
fn somewhere(case: &Case<'_, '_>) -> Option<Account> {
    let register = case.register()?;
    let account = Account::new("access outside of the memory that the pointer is for")
        .register(register)
        .meaning(format!("With what r{register} can be here, the access may lie beside it."))
        .origin(&case.origin(register));
    Some(account.help("bound the offset before this line").unsure())
}

fn negative(case: &Case<'_, '_>) -> Option<Account> {
    let register = case.register()?;
    let origin = case.origin(register);
    let index = index(case, &origin);
    let mut account = Account::new(format!("the offset in r{register} may be negative"))
        .register(register)
        .meaning(
            "A signed index that is only compared with an upper limit can still be below zero.",
        )
        .origin(&origin);
    if let Some(index) = &index {
        account = account.origin(&index.origin);
        if let Some(range) = index.range {
            account = number_of(account, range, !index.origin.scaled);
        }
    }
    let name = index.and_then(|index| index.name).unwrap_or("index".into());
    Some(
        account
            .help("make the index unsigned (`__u32`), or test its lower bound too")
            .code(format!("if ({name} < 0)\n\treturn 0;")),
    )
}

fn unbounded(case: &Case<'_, '_>) -> Option<Account> {
    let register = case.register()?;
    let origin = case.origin(register);
    let index = index(case, &origin);
    let size = case.value(register).and_then(|value| value.number("vs"));
    let name = index.as_ref().and_then(|index| index.name.clone());
    let words = name.as_ref().map_or("the index".to_owned(), |name| format!("`{name}`"));
    let mut account = Account::new(format!("nothing bounds {words}"))
        .register(register)
        .number("size", size)
        .meaning(format!(
            "The offset in r{register} has no upper limit on this path, so it may lie anywhere."
        ))
        .origin(&origin);
    if let Some(index) = &index {
        account = account.origin(&index.origin);
    }
    let bytes = case.access().is_some_and(|(memory, _)| memory.size == 1);
    let bytes = bytes && index.as_ref().is_some_and(|index| !index.origin.scaled);
    let limit = size.filter(|_| bytes).map_or("COUNT".to_owned(), |size| size.to_string());
    let name = name.as_deref().unwrap_or("index");
    let help = match size {
        Some(size) => {
            format!("compare the index with the size, {}, before this line", plural(size, "byte"))
        }
        None => "compare the index with the number of elements before this line".into(),
    };
    Some(account.help(help).code(format!("if ({name} >= {limit})\n\treturn 0;")))
}

fn far(case: &Case<'_, '_>) -> Option<Account> {
    let register = case.register().or_else(|| match case.walk()?.op {
        crate::explain::op::Op::Change { register, .. } => Some(register),
        _ => None,
    });
    let kind = crate::explain::value::name(case.text("kind"));
    let added = match case.walk().map(|walk| walk.op) {
        Some(crate::explain::op::Op::Change {
            by: crate::explain::op::Operand::Register(by),
            ..
        }) => Some(by),
        _ => None,
    };
    let by = case.number("by");
    let title = match by {
        Some(by) => format!("{by} added to {kind} leads out of all bounds"),
        None => format!("a number without a lower bound is added to {kind}"),
    };
    let mut account = Account::new(title).number("value", by).meaning(
        "The verifier allows offsets of at most 2^29 either way, and nothing bounds the number here. \
         Without an upper limit, a 64-bit number counts as one that may be negative.",
    );
    account.register = register;
    if let Some(register) = register {
        account = account.origin(&case.origin(register));
    }
    let mut name = None;
    if let Some(by) = added {
        let origin = case.origin(by);
        name = case.source().as_deref().and_then(names::index).map(str::to_owned);
        name = name.or_else(|| case.variable(&origin));
        account = account.origin(&origin);
    }
    let name = name.as_deref().unwrap_or("index");
    Some(
        account
            .help("bound the number on both sides before it is added; for an unsigned variable one comparison is enough")
            .code(format!("if ({name} < 0 || {name} >= COUNT)\n\treturn 0;")),
    )
}
