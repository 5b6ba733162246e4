//! The verifier's own bounds.

use crate::{
    category::Category::VerifierLimit,
    explain::{
        account::Account,
        case::Case,
        table::{Row, plain, row},
    },
};

pub(super) const ROWS: &[Row] = &[
    row("BPF program is too large. Processed {#n} insn", VerifierLimit, too_large),
    row("The sequence of {#n} jumps is too complex.", VerifierLimit, jumps),
    row("The sequence of {#n} jumps is too complex for async cb.", VerifierLimit, jumps),
    row("combined stack size of {#n} calls is {#size}. Too large", VerifierLimit, stack),
    row("stack size of subprog {#n} is {#size}. Too large", VerifierLimit, stack),
    row(
        "tail_calls are not allowed when call stack of previous frames is {#size} bytes. Too large",
        VerifierLimit,
        tail_call,
    ),
    row("the call stack of {#n} frames is too deep{rest}", VerifierLimit, depth),
    plain(
        "too many subprograms",
        VerifierLimit,
        "the program has more than 256 functions",
        "let the compiler inline some: `static __always_inline`",
    ),
    plain(
        "too many different {what}",
        VerifierLimit,
        "the program uses too many different {what}",
        "split it into several programs",
    ),
    plain(
        "The total number of maps per program has reached the limit of {#n}",
        VerifierLimit,
        "the program uses more than {n} maps",
        "put several values into one map",
    ),
    plain(
        "stack size {#size}(extra {#extra}) is too large",
        VerifierLimit,
        "the stack takes {size} bytes, {extra} of them for the verifier's own counters",
        "use less stack: put large variables into a map",
    ),
    plain(
        "max struct nesting depth exceeded",
        VerifierLimit,
        "a structure is nested too deeply",
        "pass a flatter structure",
    ),
    plain(
        "frame{#n} bpf_loop iteration limit reached",
        VerifierLimit,
        "bpf_loop is asked for too many rounds",
        "ask for fewer",
    ),
    plain(
        "bpf_percpu_obj_new type size ({#size}) is greater than {#most}",
        VerifierLimit,
        "the type has {size} bytes; {most} can be allocated",
        "allocate a smaller type",
    ),
];

fn too_large(case: &Case<'_, '_>) -> Option<Account> {
    let limit = case.number("n")?.saturating_sub(1);
    Some(
        Account::new(format!("checking the program takes more than {limit} instructions"))
            .number("limit", limit)
            .meaning("Every path counts, and every round of a loop. Branches inside a loop multiply the paths.")
            .help("let the loop run fewer rounds, use `bpf_loop` or an open-coded iterator (`bpf_for`), whose body is checked once, or split the work into global functions, which are checked alone"),
    )
}

fn jumps(case: &Case<'_, '_>) -> Option<Account> {
    let limit = case.number("n")?.saturating_sub(1);
    Some(
        Account::new(format!("more than {limit} branches wait to be checked"))
            .number("limit", limit)
            .meaning("Each jump that can go both ways puts one path off, and too many are put off at once.")
            .help("make the code between the branches simpler, or put it into a loop of `bpf_loop` or into a global function"),
    )
}

fn stack(case: &Case<'_, '_>) -> Option<Account> {
    let size = case.number("size")?;
    let account =
        Account::new(format!("the functions use {size} bytes of stack together; 512 are allowed"))
            .number("stack", size)
            .number("limit", 512)
            .number("calls", case.number("n"));
    Some(
        account
            .meaning("Functions that call one another share one stack, each rounded up to 16 or 32 bytes.")
            .help("put large variables into a per-CPU array with one entry, or let the compiler inline the function"),
    )
}

fn tail_call(case: &Case<'_, '_>) -> Option<Account> {
    let size = case.number("size")?;
    Some(
        Account::new(format!("a tail call from functions that use {size} bytes of stack; 256 are allowed"))
            .number("stack", size)
            .number("limit", 256)
            .meaning("A tail call from a called function keeps the callers' stack, so less of it may be in use.")
            .help("use less stack in the callers: large variables belong into a map; or make the tail call from the program itself"),
    )
}

fn depth(case: &Case<'_, '_>) -> Option<Account> {
    let frames = case.number("n")?;
    let limit = frames.saturating_sub(1);
    Some(
        Account::new(format!("functions call one another {frames} deep; {limit} are allowed"))
            .number("frames", frames)
            .number("limit", limit)
            .meaning("On kernels that do not tell it apart, a recursion ends here as well.")
            .help("let the compiler inline some (`static __always_inline`), or write a recursion as a loop"),
    )
}
