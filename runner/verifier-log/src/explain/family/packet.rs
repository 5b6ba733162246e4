//! Accesses of packets that no comparison with `data_end` covers.

use super::bounds::index;
use crate::{
    category::Category::{MemorySafety, RegisterTypeSafety},
    explain::{
        account::Account,
        capture::{Captures, capture},
        case::Case,
        origin::plural,
        table::{Row, plain, row},
    },
};

pub(super) const ROWS: &[Row] = &[
    row("R{#r} offset is outside of the packet", MemorySafety, outside),
    row(LINE, MemorySafety, outside),
    row("R{#r} min value is outside of the allowed memory range", MemorySafety, outside),
    row("R{#r} pointer arithmetic on pkt_end prohibited", RegisterTypeSafety, end),
    plain(
        "cannot write into packet",
        MemorySafety,
        "programs of this type can read the packet, and not write it",
        "drop the write, or use a program type that may change packets: XDP or tc (`SEC(\"tc\")`)",
    ),
    plain(
        "the prog does not allow writes to packet data",
        MemorySafety,
        "programs of this type can read the packet, and not write it",
        "use `bpf_dynptr_slice` without `_rdwr`, or a program type that may change packets",
    ),
    plain(
        "helper access to the packet is not allowed",
        MemorySafety,
        "this helper cannot take a pointer into the packet",
        "copy the bytes to the stack first, and pass a pointer to the copy",
    ),
    plain(
        "invalid access to flow keys off={#off} size={#len}",
        MemorySafety,
        "{len} bytes at offset {off} are beside the flow keys",
        "stay within `struct bpf_flow_keys`",
    ),
    plain(
        "at the time of BPF_LD_ABS|IND R6 != pointer to skb",
        RegisterTypeSafety,
        "the instruction reads the packet through r6, which does not hold the context",
        "put the context into r6 first, or use `bpf_skb_load_bytes`",
    ),
];

const LINE: &str =
    "invalid access to packet, off={#off} size={#len}, R{#r}(id={#id},off={#base},r={#range})";

fn numbers<'a>(case: &Case<'_, 'a>) -> Option<Captures<'a>> {
    let mut lines = std::iter::once(case.message).chain(case.details());
    lines.find_map(|line| capture(LINE, line.trim()))
}

fn outside(case: &Case<'_, '_>) -> Option<Account> {
    let numbers = numbers(case)?;
    let number = |name| numbers.number(name);
    let (off, len, checked) = (number("off")?, number("len")?, number("range")?);
    let register = u8::try_from(number("r")?).ok()?;
    let end = off.saturating_add(len);
    let account = Account::new("packet access that no comparison with `data_end` covers")
        .register(register)
        .number("offset", off)
        .number("access_size", len)
        .number("checked", checked);
    let origin = case.origin(register);
    let variable = index(case, &origin);
    let moved = variable.is_some() || number("id").is_some_and(|id| id > 0);
    let behind = if moved { " behind that pointer's variable part" } else { "" };
    let account = account.origin(&origin).meaning(format!(
        "The program accesses {} at offset {off}{behind}, so the packet must have {} there.",
        plural(len, "byte"),
        plural(end, "byte"),
    ));
    let account = account.meaning(match checked {
        0 => "On this path no comparison says that it has any.".to_owned(),
        _ => format!("On this path a comparison says that it has {checked}."),
    });
    let account = match variable {
        Some(variable) => account.origin(&variable.origin),
        None => account,
    };
    if moved {
        // The pointer has all constants in it that were added before, so only the access counts.
        let end = case.access().map_or(end, |(memory, _)| memory.offset.saturating_add(len));
        return Some(
            account
                .meaning("The pointer has a variable offset: only a comparison made after the addition counts for it.")
                .help(format!("compare this very pointer, {} on, with `data_end` after the last addition", plural(end, "byte")))
                .code(format!("if (pointer + {end} > data_end)\n\treturn 0;")),
        );
    }
    let help = format!("compare with `data_end` before this line, for {}", plural(end, "byte"));
    let data = case.variable(&origin).unwrap_or("data".into());
    Some(account.help(help).code(format!("if ({data} + {end} > data_end)\n\treturn 0;")))
}

fn end(case: &Case<'_, '_>) -> Option<Account> {
    let register = case.register()?;
    let origin = case.origin(register);
    Some(
        Account::new("`data_end` is changed; it may only be compared")
            .register(register)
            .meaning(
                "The verifier learns a packet's length from comparisons with `data_end` as it is.",
            )
            .origin(&origin)
            .help("move the arithmetic to the other side of the comparison"),
    )
}
