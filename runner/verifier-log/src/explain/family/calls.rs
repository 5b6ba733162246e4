//! Arguments that a helper, a kfunc or a function of the program does not take.

use super::access::{End, ended};
use crate::{
    category::Category::CallTypeSafety,
    explain::{
        account::Account,
        case::Case,
        table::{Row, plain, row},
        value,
    },
};

pub(super) const ROWS: &[Row] = &[
    row("R{#r} type={found} expected={wanted}", CallTypeSafety, kind),
    row("R{#r} is of type {found} but {wanted} is expected", CallTypeSafety, kind),
    row("helper wants pointer to allocated memory", CallTypeSafety, allocated),
    row("R{#r} does not point to a readonly map'", CallTypeSafety, read_only),
    row("Caller passes invalid args into func#{#n} ('{name}')", CallTypeSafety, function),
    row("Caller passes invalid args into func#{#n}", CallTypeSafety, function),
    plain(
        "Arg#{#n} type {kind} in {name}() is not supported yet.",
        CallTypeSafety,
        "`{name}` is a global function with a parameter of type {kind}, which this kernel cannot check by itself",
        "make the function `static`, or pass numbers or the context only; kernels from 5.12 on take pointers to types of known size",
    ),
    plain(
        "arg#{#n} expect{rest}",
        CallTypeSafety,
        "argument {n} (counted from 0) is not what the function takes: it expect{rest}",
        "pass what the function's declaration says",
    ),
    plain(
        "R{#r} expects {what}",
        CallTypeSafety,
        "r{r} is not what the function takes: it expects {what}",
        "pass what the function's declaration says",
    ),
    plain(
        "arg#{#n} is expected to be non-NULL",
        CallTypeSafety,
        "argument {n} (counted from 0) may be NULL, and the function does not take that",
        "test the pointer before the call",
    ),
    plain(
        "arg#{#n} {what}",
        CallTypeSafety,
        "argument {n} (counted from 0): {what}",
        "pass what the function's declaration says",
    ),
    plain(
        "arg{#n} expected pointer to func",
        CallTypeSafety,
        "argument {n} has to be a function",
        "pass the name of a static function",
    ),
    plain(
        "R{#r} must be a known constant",
        CallTypeSafety,
        "r{r} has to be a constant",
        "pass a number that is known when the program is compiled",
    ),
    plain(
        "R{#r} is not a known constant{rest}",
        CallTypeSafety,
        "r{r} has to be a constant",
        "pass a number that is known when the program is compiled",
    ),
    plain(
        "R{#r} is not a constant address{rest}",
        CallTypeSafety,
        "r{r} has to be a constant address",
        "pass a `const` global variable",
    ),
    plain(
        "R{#r} is not a scalar",
        CallTypeSafety,
        "r{r} is a pointer where the function takes a number",
        "pass a number",
    ),
    plain(
        "direct value access on string failed",
        CallTypeSafety,
        "the format string is beside its map's value",
        "declare the string `static const char fmt[] = \"…\"`",
    ),
    plain(
        "string is not zero-terminated",
        CallTypeSafety,
        "the format string does not end with a zero byte",
        "declare it as a string literal",
    ),
    plain(
        "Invalid format string",
        CallTypeSafety,
        "the format string has a directive that BPF does not know, or not as many as there are arguments",
        "use %d %u %x %ld %lu %lx %s %p and the like, one for each argument",
    ),
    plain(
        "{name}() may write into memory pointed by R{#r} type={kind}",
        CallTypeSafety,
        "{name} may write through r{r}, which can only be read (`{kind}`)",
        "pass a copy on the stack",
    ),
    plain(
        "get_local_storage() doesn't support non-zero flags",
        CallTypeSafety,
        "the flags of bpf_get_local_storage have to be 0",
        "pass 0",
    ),
    plain(
        "Unsupported reg type {kind} for bpf_dynptr_from_mem data",
        CallTypeSafety,
        "bpf_dynptr_from_mem takes memory of a map's value, not `{kind}`",
        "pass a pointer into a map's value",
    ),
    plain(
        "kernel function {name} args#{#n} {rest}",
        CallTypeSafety,
        "argument {n} (counted from 0) of {name}: {rest}",
        "pass what the kfunc's declaration says",
    ),
    plain(
        "Function {name} has {#n} > {#most} args",
        CallTypeSafety,
        "{name} has {n} parameters; {most} can be passed",
        "pass a pointer to a structure",
    ),
    plain(
        "Unrecognized arg#{#n} type {kind}",
        CallTypeSafety,
        "argument {n} (counted from 0) has a type that the verifier does not know",
        "pass what the function's declaration says",
    ),
];

/// `a pointer to the stack, a map's value or …` from the verifier's list.
fn wanted(list: &str) -> String {
    let mut kinds: Vec<String> = Vec::new();
    for kind in list.split(',').map(str::trim).filter(|kind| !kind.is_empty()) {
        let name = value::name(kind);
        if !kinds.contains(&name) {
            kinds.push(name);
        }
    }
    match kinds.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} or {last}", first.join(", ")),
        None => "something else".into(),
    }
}

fn kind(case: &Case<'_, '_>) -> Option<Account> {
    let register = case.register()?;
    let (found, list) = (case.text("found").trim(), case.text("wanted").trim());
    // 5.15 prints this one about every program whose parameter is called ctx; it decides nothing.
    if case.callee().is_none() && found == "ctx" && list == "fp" {
        return None;
    }
    let callee = case.callee().unwrap_or("the function");
    let origin = case.origin(register);
    if matches!(found, "inv" | "scalar")
        && let Some((at, name, End::Given)) = ended(case, &origin)
    {
        let insn = case.path.walks[at].insn;
        let account = Account::new(format!("argument {register} of {callee} was given away before"))
            .register(register)
            .meaning(format!("{name} (instruction {insn}) took the memory over: the program does not hold it any more."))
            .origin(&origin)
            .link(at, format!("{name} ends the pointer"));
        return Some(account.help("give each reserved record back once, on each path"));
    }
    let account =
        Account::new(format!("argument {register} of {callee} is {}", value::name(found)))
            .register(register)
            .meaning(format!("It has to be {}.", wanted(list)))
            .origin(&case.origin(register));
    let nullable = found.contains("_or_null") && !list.contains("_or_null");
    let help = if nullable {
        "test the pointer for NULL before the call"
    } else if list.starts_with("map_ptr") {
        "pass the address of the map itself: `&map`"
    } else if list.starts_with("ctx") {
        "pass the program's own `ctx`, unchanged"
    } else if list.contains("ringbuf_mem") && !list.contains("fp")
        || list == "mem"
        || list == "alloc_mem"
    {
        "pass the pointer that bpf_ringbuf_reserve returned, once"
    } else if matches!(found, "inv" | "scalar") {
        "pass the address of a variable: `&key`"
    } else {
        "pass what the helper's description says (`man 7 bpf-helpers`)"
    };
    Some(account.help(help))
}

fn allocated(case: &Case<'_, '_>) -> Option<Account> {
    let callee = case.callee().unwrap_or("the function");
    let register = 1;
    Some(
        Account::new(format!("{callee} is given memory that the program does not hold"))
            .register(register)
            .meaning("It has to be the pointer that the reserving call returned, and only once.")
            .origin(&case.origin(register))
            .help("pass the pointer that bpf_ringbuf_reserve returned, once"),
    )
}

fn read_only(case: &Case<'_, '_>) -> Option<Account> {
    let register = case.register()?;
    Some(
        Account::new(format!("r{register} has to be a constant string in read-only memory"))
            .register(register)
            .origin(&case.origin(register))
            .help("declare the string constant, so that it lands in `.rodata`")
            .code("static const char fmt[] = \"…\";"),
    )
}

fn function(case: &Case<'_, '_>) -> Option<Account> {
    let name = case.text("name");
    let name = if name.is_empty() { "the function".into() } else { format!("`{name}`") };
    let detail = case.details().next().map(str::trim);
    let account = Account::new(format!("an argument does not fit {name}"));
    let account = match detail {
        Some(detail) => account.meaning(format!("The kernel says of it: {detail}.")),
        None => account.meaning("A global function is checked for what its parameters are declared to be, so each caller has to pass that."),
    };
    let account = if detail.is_some_and(|detail| detail.contains("to ctx")) {
        account.help("pass the program's own context, unchanged, or make the function `static`")
    } else {
        account.help("pass what the parameter's type says, or make the function `static`, so that it is checked with each call")
    };
    // The first parameter is the one that is meant when the kernel counts from 0.
    let number = detail.and_then(|detail| detail.strip_prefix("arg#"));
    let number = number.and_then(|rest| rest.split(' ').next()?.parse::<u8>().ok());
    Some(match number.map(|number| number.saturating_add(1)).or(case.register()) {
        Some(register @ 1..=5) => account.register(register).origin(&case.origin(register)),
        _ => account,
    })
}
