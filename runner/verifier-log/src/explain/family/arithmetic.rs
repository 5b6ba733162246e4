//! Arithmetic on pointers, and comparisons of them.

use crate::{
    category::Category::RegisterTypeSafety,
    explain::{
        account::Account,
        case::Case,
        table::{Row, plain, row},
    },
};

pub(super) const ROWS: &[Row] = &[
    row(
        "R{#r} pointer arithmetic with {operator} operator prohibited",
        RegisterTypeSafety,
        operator,
    ),
    row("R{#r} bitwise operator {operator} on pointer prohibited", RegisterTypeSafety, operator),
    row("R{#r} 32-bit pointer arithmetic prohibited", RegisterTypeSafety, narrow),
    row(
        "R{#r} pointer arithmetic on {kind} prohibited, null-check it first",
        RegisterTypeSafety,
        null,
    ),
    row("R{#r} pointer arithmetic on {kind} prohibited", RegisterTypeSafety, kind),
    row("R{#r} pointer arithmetic prohibited", RegisterTypeSafety, kind),
    plain(
        "R{#r} tried to subtract pointer from scalar",
        RegisterTypeSafety,
        "a pointer is subtracted from a number",
        "swap the two, or subtract numbers",
    ),
    plain(
        "R{#r} subtraction from stack pointer prohibited",
        RegisterTypeSafety,
        "a number is subtracted from a pointer to the stack",
        "add a negative constant instead",
    ),
    plain(
        "R{#r} pointer {operator} pointer prohibited",
        RegisterTypeSafety,
        "two pointers are combined with `{operator}`",
        "only the difference of two packet pointers is a number; keep offsets as numbers",
    ),
    plain(
        "R{#r} pointer comparison prohibited",
        RegisterTypeSafety,
        "two pointers are compared that do not point into the same object",
        "compare pointers with NULL, or packet pointers with `data_end`",
    ),
    plain(
        "R{#r} partial copy of pointer",
        RegisterTypeSafety,
        "only 32 bits of the pointer in r{r} are copied",
        "keep the pointer in a 64-bit variable",
    ),
    plain(
        "R{#r} sign-extension part of pointer",
        RegisterTypeSafety,
        "part of the pointer in r{r} is sign-extended",
        "keep the pointer in a 64-bit variable",
    ),
    plain(
        "R{#r} leaks addr as return value",
        RegisterTypeSafety,
        "the program returns a kernel address",
        "return a number",
    ),
    plain(
        "R{#r} leaks addr into {where}",
        RegisterTypeSafety,
        "a kernel address would be written to the {where}",
        "write a number; without privileges, addresses must stay inside the program",
    ),
    plain(
        "R{#r} has unknown scalar with mixed signed bounds, {rest}",
        RegisterTypeSafety,
        "a number that may be negative is added to a pointer",
        "make it unsigned and bound it",
    ),
    plain(
        "R{#r} has pointer with unsupported alu operation{rest}",
        RegisterTypeSafety,
        "this operation on a pointer is not allowed without privileges",
        "only add to and subtract from pointers",
    ),
    plain(
        "R{#r} tried to {operation} from different maps, paths{rest}",
        RegisterTypeSafety,
        "a pointer that differs from path to path is changed by {operation}",
        "do the arithmetic on each path by itself",
    ),
    plain(
        "R{#r} tried to {operation} beyond pointer bounds, {rest}",
        RegisterTypeSafety,
        "{operation} leads out of the object",
        "bound the number first",
    ),
    plain(
        "R{#r} could not be pushed for speculative verification, {rest}",
        RegisterTypeSafety,
        "too many paths have to be checked against mispredicting processors",
        "make the program simpler, or load with CAP_PERFMON",
    ),
    plain(
        "R{#r} stack pointer arithmetic goes out of range, prohibited for !root; off={#off}",
        RegisterTypeSafety,
        "a pointer to the stack is moved to {off}, beside it",
        "stay within the stack",
    ),
    plain(
        "R{#r} pointer arithmetic of map value goes out of range, prohibited for !root",
        RegisterTypeSafety,
        "a pointer into a map's value is moved out of it",
        "bound the number first",
    ),
    plain(
        "{kind} has to be at a constant offset",
        RegisterTypeSafety,
        "{kind} has to be at a constant offset",
        "do not index an array of them",
    ),
    plain(
        "same insn cannot be used with different pointers",
        RegisterTypeSafety,
        "one instruction accesses different kinds of memory, depending on the path that leads to it",
        "access each kind in its own branch: the compiler merged the two, which a `barrier_var` or `volatile` prevents",
    ),
    plain(
        "R{#r} is not a pointer to arena or scalar.",
        RegisterTypeSafety,
        "r{r} is neither a pointer into the arena nor a number",
        "pass a pointer into the arena",
    ),
];

fn operator(case: &Case<'_, '_>) -> Option<Account> {
    let register = case.register()?;
    let operator = case.text("operator");
    Some(
        Account::new(format!("`{operator}` on a pointer (r{register})"))
            .register(register)
            .meaning("The verifier follows pointers through additions and subtractions only; after anything else nobody knows where they point.")
            .origin(&case.origin(register))
            .help("calculate the offset in a number, bound it, and add it to the pointer last"),
    )
}

fn narrow(case: &Case<'_, '_>) -> Option<Account> {
    let register = case.register()?;
    Some(
        Account::new(format!("the pointer in r{register} is changed as a 32-bit number"))
            .register(register)
            .meaning("A pointer has 64 bits; arithmetic on 32 of them cuts it.")
            .origin(&case.origin(register))
            .help("keep pointers in `void *` or `__u64`, not in `int` or `__u32`; cast with `(void *)(long)ctx->data`"),
    )
}

fn null(case: &Case<'_, '_>) -> Option<Account> {
    let register = case.register()?;
    let origin = case.origin(register);
    let variable = case.variable(&origin);
    let name = variable.unwrap_or("pointer".into());
    Some(
        Account::new(format!("`{name}` may be NULL, and is moved before it is tested"))
            .register(register)
            .origin(&origin)
            .help("test the pointer before the arithmetic")
            .code(format!("if (!{name})\n\treturn 0;")),
    )
}

fn kind(case: &Case<'_, '_>) -> Option<Account> {
    let register = case.register()?;
    let kind = crate::explain::value::name(case.text("kind"));
    let title = if case.text("kind").is_empty() {
        format!("arithmetic on the pointer in r{register}")
    } else {
        format!("r{register} is {kind}, which must not be moved")
    };
    Some(
        Account::new(title)
            .register(register)
            .origin(&case.origin(register))
            .help("use the pointer as it is, with constant offsets in the access"),
    )
}
