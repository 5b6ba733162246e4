//! What programs and callbacks may return.

use crate::{
    category::Category::RegisterTypeSafety,
    explain::{
        account::Account,
        case::Case,
        origin::Begin,
        table::{Row, plain, row},
    },
};

pub(super) const ROWS: &[Row] = &[
    row(
        "At {what} the register R{#r} has smin={#low} smax={#high} should have been in [{#min}, {#max}]",
        RegisterTypeSafety,
        range,
    ),
    row(
        "At {what} the register R{#r} has value (0x{value}; 0x{mask}) should have been in (0x{min}; 0x{max})",
        RegisterTypeSafety,
        bits,
    ),
    row(
        "At {what} the register R{#r} has unknown scalar value should have been in [{#min}, {#max}]",
        RegisterTypeSafety,
        unknown,
    ),
    row(
        "At {what} the register R{#r} has unknown scalar value should have been in (0x{min}; 0x{max})",
        RegisterTypeSafety,
        unknown,
    ),
    row(
        "At {what} the register R{#r} has{bounds} should have been in [{#min}, {#max}]",
        RegisterTypeSafety,
        unknown,
    ),
    row("At {what} the register R{#r} is not a known value ({kind})", RegisterTypeSafety, pointer),
    row("At {what} the register R{#r} is not a scalar value ({kind})", RegisterTypeSafety, pointer),
    plain(
        "R0 not a scalar value",
        RegisterTypeSafety,
        "the callback returns a pointer",
        "return a number",
    ),
    plain(
        "cannot return stack pointer to the caller",
        RegisterTypeSafety,
        "a function returns a pointer to its own stack, which ends with it",
        "let the caller pass a pointer to fill in",
    ),
    plain(
        "{note}BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!",
        RegisterTypeSafety,
        "this hook returns nothing, so the program cannot change its result",
        "return 1",
    ),
];

/// Who returns: `program exit`, `callback return`.
fn who(case: &Case<'_, '_>) -> &'static str {
    let what = case.text("what");
    if what.contains("callback") {
        "the callback"
    } else if what.contains("subprogram") {
        "the function"
    } else {
        "the program"
    }
}

fn hexadecimal(text: &str) -> Option<i64> {
    u64::from_str_radix(text, 16).ok().map(u64::cast_signed)
}

/// The bounds, whether printed as `[0, 1]` or, before 6.8, as `(0x0; 0x1)`: known bits, unknown bits.
fn allowed(case: &Case<'_, '_>) -> Option<(i64, i64)> {
    match (case.number("min"), case.number("max")) {
        (Some(low), Some(high)) if !case.message.contains("(0x") => Some((low, high)),
        _ => {
            let (value, mask) = (hexadecimal(case.text("min"))?, hexadecimal(case.text("max"))?);
            Some((value, value | mask))
        }
    }
}

fn account(case: &Case<'_, '_>, returned: String) -> Option<Account> {
    let (low, high) = allowed(case)?;
    let who = who(case);
    let wanted = if low == high { low.to_string() } else { format!("{low} to {high}") };
    let account = Account::new(format!("{who} returns {returned}; {wanted} is allowed"))
        .register(0)
        .number("allowed_min", low)
        .number("allowed_max", high);
    let account = account.meaning(match who {
        "the callback" => "The helper that calls it knows these values only: usually 0 to go on and 1 to stop.",
        _ => "What the values mean depends on the program type and the hook: usually one of them lets the operation pass and another refuses it.",
    });
    let origin = case.origin(0);
    let account = account.origin(&origin);
    let help = match origin.begin {
        Begin::Constant { at } => match case.place(at).and_then(|place| place.line) {
            Some(line) => format!("return a value from {wanted} at line {line}"),
            None => format!("return a value from {wanted}"),
        },
        _ => format!("return a constant, or bound the value to {wanted} before returning it"),
    };
    Some(account.help(help))
}

fn range(case: &Case<'_, '_>) -> Option<Account> {
    let (low, high) = (case.number("low")?, case.number("high")?);
    let returned = if low == high { low.to_string() } else { format!("{low} to {high}") };
    Some(account(case, returned)?.number("returned_min", low).number("returned_max", high))
}

fn bits(case: &Case<'_, '_>) -> Option<Account> {
    let (value, mask) = (hexadecimal(case.text("value"))?, hexadecimal(case.text("mask"))?);
    let high = value | mask;
    let returned = if mask == 0 { value.to_string() } else { format!("up to {high}") };
    Some(account(case, returned)?.number("returned_min", value).number("returned_max", high))
}

fn unknown(case: &Case<'_, '_>) -> Option<Account> {
    account(case, "a number without known bounds".into())
}

fn pointer(case: &Case<'_, '_>) -> Option<Account> {
    let kind = crate::explain::value::name(case.text("kind"));
    let who = who(case);
    Some(
        Account::new(format!("{who} returns {kind}, not a number"))
            .register(0)
            .origin(&case.origin(0))
            .help("return a number")
            .code("return 0;"),
    )
}
