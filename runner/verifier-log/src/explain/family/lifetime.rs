//! What is acquired has to be released: references, dynptrs, iterators.

use crate::{
    category::Category::ResourceLifetimeSafety,
    explain::{
        account::Account,
        case::Case,
        op::{Callee, Op},
        table::{Row, plain, row, silent},
    },
};

pub(super) const ROWS: &[Row] = &[
    row("Unreleased reference id={#id} alloc_insn={#insn}", ResourceLifetimeSafety, leak),
    silent("{what} would lead to reference leak", ResourceLifetimeSafety),
    row("Expected an initialized dynptr as {which}", ResourceLifetimeSafety, dynptr),
    row("Expected an initialized {which}", ResourceLifetimeSafety, dynptr),
    row("expected an initialized iter_{kind} as {which}", ResourceLifetimeSafety, iterator),
    plain(
        "expected uninitialized iter_{kind} as {which}",
        ResourceLifetimeSafety,
        "the iterator is already in use",
        "destroy it first (`bpf_iter_{kind}_destroy`), or use a second variable",
    ),
    plain(
        "expected valid iter pointer as {which}",
        ResourceLifetimeSafety,
        "the pointer does not point to an iterator on the stack",
        "pass the address of a local `struct bpf_iter_…`",
    ),
    plain(
        "expected an initialized {which}",
        ResourceLifetimeSafety,
        "the object was not made ready before it is used: {which}",
        "call its `_new` or `_init` function first",
    ),
    plain(
        "expected an uninitialized {which}",
        ResourceLifetimeSafety,
        "the object is already in use: {which}",
        "release it first, or use a second variable",
    ),
    plain(
        "expected an RCU CS when using {name}",
        ResourceLifetimeSafety,
        "{name} works only inside an RCU read section",
        "put it between bpf_rcu_read_lock() and bpf_rcu_read_unlock()",
    ),
    plain(
        "Dynptr has to be an uninitialized dynptr",
        ResourceLifetimeSafety,
        "the dynptr is already in use",
        "release it first (`bpf_ringbuf_submit_dynptr` or `_discard_dynptr`), or use a second variable",
    ),
    plain(
        "cannot overwrite referenced dynptr",
        ResourceLifetimeSafety,
        "the program writes over a dynptr that has to be released",
        "release it first",
    ),
    plain(
        "Expected a dynptr of type {kind} as {which}",
        ResourceLifetimeSafety,
        "the dynptr has another origin than `{kind}`",
        "pass one that was made for this",
    ),
    plain(
        "cannot pass pointer to const bpf_dynptr, the helper mutates it",
        ResourceLifetimeSafety,
        "the helper changes the dynptr, and this one is constant",
        "make a dynptr of your own on the stack",
    ),
    plain(
        "cannot release unowned const bpf_dynptr",
        ResourceLifetimeSafety,
        "this dynptr belongs to the caller, who releases it",
        "drop the call",
    ),
    plain(
        "cannot pass in {what} at an offset={#off}",
        ResourceLifetimeSafety,
        "the pointer to the {what} is moved by {off}",
        "pass the address of the variable itself",
    ),
    plain(
        "potential write to dynptr at off={#off} disallowed",
        ResourceLifetimeSafety,
        "a write at a variable offset may hit the dynptr on the stack at {off}",
        "bound the index to its array",
    ),
    plain(
        "{what} reference has not been acquired before",
        ResourceLifetimeSafety,
        "{what} releases something that the program does not hold",
        "release each acquired object once, on each path",
    ),
    plain(
        "kfunc {name} conversion of owning ref to non-owning failed",
        ResourceLifetimeSafety,
        "{name} needs a reference that the program owns",
        "pass the pointer that was allocated",
    ),
];

fn leak(case: &Case<'_, '_>) -> Option<Account> {
    let insn = case.number("insn")?;
    let walks = &case.path.walks;
    let acquired = walks.iter().rposition(|walk| i64::from(walk.insn) == insn);
    let callee = acquired.and_then(|at| match walks[at].op {
        Op::Call(Callee::Named(name)) => Some((at, name)),
        _ => None,
    });
    let Some((at, name)) = callee else {
        let account = Account::new("something acquired is not released on this path");
        let account = account.number("alloc_insn", insn);
        return Some(
            account.help("release it on every path to an exit").sure_if(case.end().is_none()),
        );
    };
    let release = release(name);
    let variable =
        case.place(at).and_then(|place| crate::explain::names::assigned(&place.text, name));
    let held = variable.clone().map_or("what it returned".into(), |name| format!("`{name}`"));
    let mut account = Account::new(format!("{held} is not released on this path"))
        .number("alloc_insn", insn)
        .number("reference_id", case.number("id"))
        .meaning(format!("{name} (instruction {insn}) gave the program something that it has to give back before it ends."))
        .link(at, format!("{name} acquires it"));
    // The branches that were taken since then say which path it is.
    let end = case.end()?;
    let jumps: Vec<_> = (at + 1..end)
        .filter(|&at| {
            matches!(walks[at].op, Op::Branch { .. }) && walks[at].depth == walks[end].depth
        })
        .collect();
    for &jump in jumps.iter().rev().take(3) {
        let way = if case.path.taken(jump)? { "is taken" } else { "is not taken" };
        account = account.link(jump, format!("on this path the jump {way}"));
    }
    account = account.link(end, "the program ends here without releasing it");
    let line = case.place(end).and_then(|place| place.line);
    let before =
        line.map_or("before the program ends".into(), |line| format!("before line {line}"));
    let code = match (&variable, release) {
        (Some(variable), Some(release)) => Some(release.replace("{}", variable)),
        _ => None,
    };
    account = account.help(format!("release it on this path, {before}"));
    Some(match code {
        Some(code) => account.code(code),
        None => account,
    })
}

/// How to give back what a function gave.
fn release(acquire: &str) -> Option<&'static str> {
    Some(match acquire {
        "bpf_ringbuf_reserve" => "bpf_ringbuf_discard({}, 0);",
        "bpf_ringbuf_reserve_dynptr" => "bpf_ringbuf_discard_dynptr({}, 0);",
        "bpf_sk_lookup_tcp" | "bpf_sk_lookup_udp" | "bpf_skc_lookup_tcp" => "bpf_sk_release({});",
        "bpf_task_from_pid" | "bpf_task_acquire" => "bpf_task_release({});",
        "bpf_cgroup_from_id" | "bpf_cgroup_acquire" => "bpf_cgroup_release({});",
        "bpf_obj_new_impl" => "bpf_obj_drop({});",
        _ => return None,
    })
}

/// The register that `arg #2`, `arg #3` or `R3` means: 6.1 counts from 1, later ones from 0, 7.x names
/// the register. So only the last one is certain.
fn named(which: &str) -> Option<u8> {
    which.trim().strip_prefix('R')?.parse().ok()
}

fn dynptr(case: &Case<'_, '_>) -> Option<Account> {
    let callee = case.callee().map_or("This call".into(), str::to_owned);
    let mut account = Account::new("a dynptr is used that was not made").meaning(format!(
        "{callee} works on a dynptr that another call has filled in before, on this very path."
    ));
    account.register = named(case.text("which"));
    if let Some(register) = account.register {
        account = account.origin(&case.origin(register));
    }
    Some(account.help("make it first, for instance with `bpf_dynptr_from_mem`, and test that this returned 0").code("if (bpf_dynptr_from_mem(data, size, 0, &ptr))\n\treturn 0;"))
}

fn iterator(case: &Case<'_, '_>) -> Option<Account> {
    let kind = case.text("kind");
    let callee = case.callee().map_or("This call".into(), str::to_owned);
    let mut account = Account::new("an iterator is used that was not made").meaning(format!(
        "{callee} works on an iterator that bpf_iter_{kind}_new has made before, on this very path."
    ));
    account.register = named(case.text("which"));
    if let Some(register) = account.register {
        account = account.origin(&case.origin(register));
    }
    let help = format!(
        "call bpf_iter_{kind}_new first, and bpf_iter_{kind}_destroy at the end of every path"
    );
    Some(account.help(help))
}
