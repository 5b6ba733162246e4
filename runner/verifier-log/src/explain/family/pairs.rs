//! Memory and its size, given to a helper as two arguments.

use crate::{
    category::Category::{CallTypeSafety, MemorySafety},
    explain::{
        account::Account,
        case::Case,
        origin::span,
        table::{Row, plain, row},
    },
};

pub(super) const ROWS: &[Row] = &[
    row(
        "R{#r} min value is negative, either use unsigned or 'var &= const'",
        CallTypeSafety,
        negative,
    ),
    row(
        "R{#r} unbounded memory access, use 'var &= const' or 'if (var < const)'",
        CallTypeSafety,
        unbounded,
    ),
    row("R{#r} invalid zero-sized read: u64=[{#low},{#high}]", MemorySafety, zero),
    row("invalid zero-sized read", MemorySafety, zero),
    row("R{#r} invalid zero-sized read", MemorySafety, zero),
    plain(
        "arg#{#n} arg#{#m} memory, len pair leads to invalid memory access",
        CallTypeSafety,
        "arguments {n} and {m} are a pointer and a size, and that much is not there",
        "pass the size of what the pointer points to: `sizeof(*pointer)`",
    ),
    plain(
        "R{#r} is not a const",
        CallTypeSafety,
        "the size in r{r} has to be a constant",
        "pass a number that is known when the program is compiled",
    ),
    plain(
        "R{#r} rdonly/rdwr_buf_size exceeds u32 max",
        CallTypeSafety,
        "the size in r{r} is beyond 32 bits",
        "pass a smaller size",
    ),
    plain(
        "2 or more rdonly/rdwr_buf_size parameters for kfunc",
        CallTypeSafety,
        "the kfunc declares two sizes of its result",
        "this is a fault of the kernel module that has the kfunc",
    ),
];

/// The helper, and which of its arguments is meant, counted from 1.
fn argument(case: &Case<'_, '_>, register: u8) -> String {
    let callee = case.callee().unwrap_or("the function");
    format!("argument {register} of {callee}")
}

fn sized(case: &Case<'_, '_>, register: u8, title: String) -> Account {
    let origin = case.origin(register);
    let range = case.value(register).and_then(|value| value.range());
    let mut account = Account::new(title).register(register).origin(&origin);
    if let Some(range) = range {
        account = account
            .number("size_min", range.low)
            .number("size_max", range.high)
            .meaning(format!("Here it can be {}.", span(range)));
    }
    account
}

fn negative(case: &Case<'_, '_>) -> Option<Account> {
    let register = case.register()?;
    let name = case.variable(&case.origin(register)).unwrap_or("size".into());
    let account = sized(case, register, format!("the size in r{register} may be negative"));
    Some(
        account
            .meaning(format!(
                "It is {}: a size, which must be at least 0.",
                argument(case, register)
            ))
            .help("keep the size in an unsigned variable and bound it, or test it on both sides")
            .code(format!("if ({name} < 0 || {name} > sizeof(buffer))\n\treturn 0;")),
    )
}

fn unbounded(case: &Case<'_, '_>) -> Option<Account> {
    let register = case.register()?;
    let name = case.variable(&case.origin(register)).unwrap_or("size".into());
    let account = sized(case, register, format!("nothing bounds the size in r{register}"));
    Some(
        account
            .meaning(format!(
                "It is {}: a size, which must have an upper limit.",
                argument(case, register)
            ))
            .help("compare the size with the buffer's before the call")
            .code(format!("if ({name} > sizeof(buffer))\n\t{name} = sizeof(buffer);")),
    )
}

fn zero(case: &Case<'_, '_>) -> Option<Account> {
    // Before 6.9 the message names no register; the verifier then checks sizes only.
    let register = case.number("r").and_then(|number| u8::try_from(number).ok());
    let mut account = Account::new("the size passed may be 0")
        .number("size_min", case.number("low"))
        .number("size_max", case.number("high"));
    account.register = register;
    let who = case.callee().unwrap_or("The function");
    account = account.meaning(match (case.number("low"), case.number("high")) {
        (Some(low), Some(high)) => {
            format!("{who} takes at least one byte; here the size can be {low} to {high}.")
        }
        _ => format!("{who} takes at least one byte."),
    });
    if let Some(register) = register {
        account = account.origin(&case.origin(register));
    }
    Some(account.help("test the size before the call").code("if (size == 0)\n\treturn 0;"))
}
