//! Kernel objects as arguments: pointers that must be there, trusted, or owned.

use crate::{
    category::Category::CallTypeSafety,
    explain::{
        account::Account,
        case::Case,
        table::{Row, plain, row},
    },
};

pub(super) const ROWS: &[Row] = &[
    row("Possibly NULL pointer passed to trusted {rest}", CallTypeSafety, null),
    row("Possibly NULL pointer passed to {rest}", CallTypeSafety, null),
    row("R{#r} must be a rcu pointer", CallTypeSafety, trusted),
    row("R{#r} must be referenced or trusted", CallTypeSafety, trusted),
    row("R{#r} must be referenced{rest}", CallTypeSafety, unowned),
    plain(
        "release kernel function {name} expects {what}",
        CallTypeSafety,
        "{name} releases a reference, and what it is given is not one that the program holds",
        "pass the pointer that the acquiring call returned",
    ),
    plain(
        "release kfunc {name} expects {what}",
        CallTypeSafety,
        "{name} releases a reference, and what it is given is not one that the program holds",
        "pass the pointer that the acquiring call returned",
    ),
    plain(
        "R{#r} must have zero offset when passed to release func or trusted arg to kfunc",
        CallTypeSafety,
        "the pointer in r{r} was moved from the beginning of its object",
        "pass the pointer as it was returned",
    ),
    plain(
        "arg {#n} is an unacquired reference",
        CallTypeSafety,
        "argument {n} is not a reference that the program holds",
        "acquire it first",
    ),
];

fn null(case: &Case<'_, '_>) -> Option<Account> {
    let rest = case.text("rest");
    let register = case.number("r").or_else(|| {
        // `R1`, or `arg0` before 7.x, which counts from 0; `helper arg2` counts from 1.
        let digits = rest.trim_start_matches(|c: char| !c.is_ascii_digit()).parse::<i64>().ok()?;
        let from_zero = rest.starts_with("arg") && case.message.contains("trusted");
        Some(digits.saturating_add(i64::from(from_zero)))
    })?;
    let register = u8::try_from(register).ok()?;
    let callee = case.callee().unwrap_or("the function");
    let origin = case.origin(register);
    let name = case.variable(&origin);
    let test = name.as_deref().unwrap_or("pointer");
    Some(
        Account::new(format!("argument {register} of {callee} may be NULL"))
            .register(register)
            .meaning("The function uses the pointer without testing it.")
            .origin(&origin)
            .help("test the pointer before the call")
            .code(format!("if (!{test})\n\treturn 0;")),
    )
}

fn trusted(case: &Case<'_, '_>) -> Option<Account> {
    let register = case.register()?;
    let callee = case.callee().unwrap_or("the function");
    Some(
        Account::new(format!("argument {register} of {callee} points to an object that may be gone"))
            .register(register)
            .meaning("The pointer was read from another object, and nothing keeps what it points to alive.")
            .origin(&case.origin(register))
            .help("take a reference (`bpf_task_acquire` and the like on a trusted pointer), or read the pointer between bpf_rcu_read_lock and bpf_rcu_read_unlock"),
    )
}

fn unowned(case: &Case<'_, '_>) -> Option<Account> {
    let register = case.register()?;
    let callee = case.callee().unwrap_or("the function");
    Some(
        Account::new(format!("{callee} releases something that the program does not hold"))
            .register(register)
            .origin(&case.origin(register))
            .help("release each acquired object once, with the pointer that was returned"),
    )
}
