//! Regions: locks, RCU, preemption; and what may not happen in them.

use crate::{
    category::Category::ExecutionContextSafety,
    explain::{
        account::Account,
        case::Case,
        op::{Callee, Op},
        table::{Row, plain, row},
    },
};

pub(super) const ROWS: &[Row] = &[
    row("{what} cannot be used inside {region}-ed region", ExecutionContextSafety, inside),
    row("{what} cannot be used inside bpf_{region}ed region{rest}", ExecutionContextSafety, inside),
    row("bpf_spin_unlock is missing", ExecutionContextSafety, inside),
    row("bpf_rcu_read_unlock is missing", ExecutionContextSafety, inside),
    row("{#n} bpf_preempt_enable{s} missing", ExecutionContextSafety, inside),
    row("function calls are not allowed while holding a lock", ExecutionContextSafety, call),
    plain(
        "global function calls are not allowed while holding a lock,{rest}",
        ExecutionContextSafety,
        "a global function is called while a lock is held",
        "make the function `static`",
    ),
    plain(
        "global function calls are not allowed {where}",
        ExecutionContextSafety,
        "a global function is called {where}",
        "make the function `static`, or call it outside of the region",
    ),
    plain(
        "use static function instead",
        ExecutionContextSafety,
        "a global function is called inside a region that does not allow it",
        "make the function `static`",
    ),
    row("helper call might sleep in a non-sleepable prog", ExecutionContextSafety, sleeps),
    row("sleepable helper {name}#{#id} in non-sleepable prog", ExecutionContextSafety, sleeps),
    plain(
        "sleepable helper {name} in {region}",
        ExecutionContextSafety,
        "{name} may sleep, which is not allowed in a {region}",
        "call it before the region begins or after it ends",
    ),
    plain(
        "sleepable helper {name} within {region}",
        ExecutionContextSafety,
        "{name} may sleep, which is not allowed within a {region}",
        "call it before the region begins or after it ends",
    ),
    plain(
        "kernel func {name} is sleepable within {region}",
        ExecutionContextSafety,
        "{name} may sleep, which is not allowed within a {region}",
        "call it before the region begins or after it ends",
    ),
    plain(
        "program must be sleepable to call sleepable kfunc {name}",
        ExecutionContextSafety,
        "{name} may sleep, and this program may not",
        "use a sleepable section (`fentry.s/…`, `lsm.s/…`), where the hook allows that",
    ),
    plain(
        "helper call is not allowed in probe",
        ExecutionContextSafety,
        "this helper is not allowed in the program that the kernel tries helpers with",
        "call it from a program of the type that it is for",
    ),
    plain(
        "unmatched rcu read unlock{rest}",
        ExecutionContextSafety,
        "bpf_rcu_read_unlock without a bpf_rcu_read_lock before it on this path",
        "make the two a pair on every path",
    ),
    plain(
        "nested rcu read lock{rest}",
        ExecutionContextSafety,
        "bpf_rcu_read_lock inside an RCU read section",
        "one section is enough: drop the inner pair",
    ),
    plain(
        "unmatched attempt to enable preemption{rest}",
        ExecutionContextSafety,
        "bpf_preempt_enable without a bpf_preempt_disable before it on this path",
        "make the two a pair on every path",
    ),
    plain(
        "Locking two bpf_spin_locks are not allowed",
        ExecutionContextSafety,
        "a second lock is taken while one is held",
        "release the first one before, or protect both with one lock",
    ),
    plain(
        "bpf_spin_unlock without taking a lock",
        ExecutionContextSafety,
        "a lock is released that is not held on this path",
        "make lock and unlock a pair on every path",
    ),
    plain(
        "bpf_spin_unlock of different lock",
        ExecutionContextSafety,
        "another lock is released than the one that is held",
        "unlock the same element that was locked",
    ),
    plain(
        "can't spin_{what} in rbtree cb",
        ExecutionContextSafety,
        "a lock is used in the callback of bpf_rbtree_add",
        "the lock is held already while the callback runs: drop the call",
    ),
    plain(
        "Calling bpf_rcu_read_{what} in unnecessary rbtree callback",
        ExecutionContextSafety,
        "an RCU section in the callback of bpf_rbtree_add",
        "it is not needed there: drop the calls",
    ),
    plain(
        "rbtree_remove not allowed in rbtree cb",
        ExecutionContextSafety,
        "bpf_rbtree_remove in the callback of bpf_rbtree_add",
        "remove outside of the callback",
    ),
    plain(
        "bpf_spin_lock at off={#off} must be held for {what}",
        ExecutionContextSafety,
        "{what} needs the lock at offset {off} to be held",
        "take it before: bpf_spin_lock(&….lock)",
    ),
    plain(
        "held lock and object are not in the same allocation",
        ExecutionContextSafety,
        "the lock that is held belongs to another object",
        "take the lock of this one",
    ),
    plain(
        "cannot tail call within exception cb",
        ExecutionContextSafety,
        "a tail call in the exception callback",
        "drop it",
    ),
    plain(
        "cannot use BPF_LD_[ABS|IND] within callback",
        ExecutionContextSafety,
        "this way to read the packet does not work in a callback",
        "use `bpf_skb_load_bytes`",
    ),
    plain(
        "insn {#insn} cannot call exception cb directly",
        ExecutionContextSafety,
        "the exception callback is called like a function",
        "only bpf_throw calls it",
    ),
    plain(
        "bpf_throw kfunc (insn {#insn}) cannot be called from callback subprog {#n}",
        ExecutionContextSafety,
        "bpf_throw in a callback",
        "return a value that ends the loop instead",
    ),
    plain(
        "cannot update sockmap in this context",
        ExecutionContextSafety,
        "programs of this type cannot change a sockmap",
        "change it from user space or from a sock_ops program",
    ),
    plain(
        "bpf_timer cannot be used for PREEMPT_RT.",
        ExecutionContextSafety,
        "this kernel is built for real time, where BPF timers are not available",
        "use bpf_wq",
    ),
    plain(
        "css_task_iter is only allowed in {what}",
        ExecutionContextSafety,
        "this iterator works only in {what}",
        "use it there",
    ),
];

/// What begins a region.
const BEGINS: &[(&str, &str, &str)] = &[
    ("bpf_spin_lock", "lock", "bpf_spin_unlock"),
    ("bpf_res_spin_lock", "lock", "bpf_res_spin_unlock"),
    ("bpf_rcu_read_lock", "RCU read section", "bpf_rcu_read_unlock"),
    ("bpf_preempt_disable", "section without preemption", "bpf_preempt_enable"),
    ("bpf_local_irq_save", "section without interrupts", "bpf_local_irq_restore"),
];

/// The call that began the region that the failing instruction is in.
fn region<'a>(
    case: &Case<'_, 'a>,
) -> Option<(usize, &'static (&'static str, &'static str, &'static str))> {
    let end = case.end()?;
    case.path.walks[..end].iter().enumerate().rev().find_map(|(at, walk)| {
        let Op::Call(Callee::Named(name)) = walk.op else { return None };
        Some((at, BEGINS.iter().find(|(begin, ..)| *begin == name)?))
    })
}

fn inside(case: &Case<'_, '_>) -> Option<Account> {
    let what = match case.text("what") {
        "BPF_EXIT instruction in main prog" | "" => "The program ends",
        "tail_call" => "A tail call happens",
        _ => "This happens",
    };
    let Some((at, (begin, name, end))) = region(case) else {
        let account = Account::new("a region is not left before this");
        let account = account.meaning("A lock, an RCU read section or a section without preemption is still open on this path.");
        return Some(
            account
                .help("leave the region on every path before this")
                .sure_if(case.end().is_none()),
        );
    };
    let insn = case.path.walks[at].insn;
    let account = Account::new(format!("the {name} is still held here"))
        .number("begin_insn", i64::from(insn))
        .meaning(format!(
            "{what} while the {name} that {begin} began (instruction {insn}) is open on this path."
        ))
        .link(at, format!("{begin} begins it"));
    Some(account.help(format!("call {end} on this path before this line")))
}

fn call(case: &Case<'_, '_>) -> Option<Account> {
    let callee = case.callee().unwrap_or("a function");
    let account = Account::new(format!("{callee} is called while a lock is held")).meaning(
        "Between bpf_spin_lock and bpf_spin_unlock a program may only calculate: no helpers.",
    );
    let account = match region(case) {
        Some((at, (begin, ..))) => account.link(at, format!("{begin} takes the lock")),
        None => account.sure_if(case.end().is_none()),
    };
    Some(account.help("make the call before the lock is taken, keep its result in a variable, and use that in the locked part"))
}

fn sleeps(case: &Case<'_, '_>) -> Option<Account> {
    let captured = case.text("name");
    let callee =
        if captured.is_empty() { case.callee().unwrap_or("this helper") } else { captured };
    Some(
        Account::new(format!("{callee} may sleep, and this program may not"))
            .meaning("Memory of user space may have to be read from disk first, which takes time; most hooks cannot wait.")
            .help("use a sleepable section (`fentry.s/…`, `lsm.s/…`, `uprobe.s`), where the hook allows that, or a helper that does not sleep, such as `bpf_probe_read_user`"),
    )
}
