//! States that the verifier holds to be impossible.

use crate::{
    category::Category::VerifierInternalError,
    explain::{
        account::Account,
        case::Case,
        table::{Row, row},
    },
};

pub(super) const ROWS: &[Row] = &[
    row("kernel subsystem misconfigured verifier", VerifierInternalError, misconfigured),
    row("kernel subsystem misconfigured {rest}", VerifierInternalError, bug),
    row("bpf verifier is misconfigured", VerifierInternalError, bug),
    row("bpf verifier narrow ctx {rest}", VerifierInternalError, bug),
    row("verifier internal error{rest}", VerifierInternalError, bug),
    row("verifier bug{rest}", VerifierInternalError, bug),
    row("verifier BUG{rest}", VerifierInternalError, bug),
    row("BUG subprog {rest}", VerifierInternalError, bug),
    row("BUG backtracking {rest}", VerifierInternalError, bug),
    row("BUG regs {rest}", VerifierInternalError, bug),
    row("BUG stack slots {rest}", VerifierInternalError, bug),
    row("BUG: in callback {rest}", VerifierInternalError, bug),
    row("bug: {rest}", VerifierInternalError, bug),
    row("REG INVARIANTS VIOLATION {rest}", VerifierInternalError, bug),
    row("{what} internal bug", VerifierInternalError, bug),
    row("R{#r} has non-overwritten BPF_PTR_POISON type", VerifierInternalError, bug),
    row("func {name} has non-overwritten BPF_PTR_POISON return type", VerifierInternalError, bug),
    row("unknown return type {#n} of func {name}", VerifierInternalError, bug),
    row("invalid return type {#n} of func {name}", VerifierInternalError, bug),
    row("mark_reg_{rest}(regs, {#r})", VerifierInternalError, bug),
    row("Verifier bug", VerifierInternalError, bug),
    row("Verifier bug in function {name}()", VerifierInternalError, bug),
    row("BUG_{code}", VerifierInternalError, bug),
    row("tail_call abusing map_ptr", VerifierInternalError, bug),
    row("tracking tail call prog failed", VerifierInternalError, bug),
    row("adding tail call poke descriptor failed", VerifierInternalError, bug),
    row("invalid kernel function call not eliminated in verifier pass", VerifierInternalError, bug),
    row("acquire kernel function does not return PTR_TO_BTF_ID", VerifierInternalError, bug),
];

/// Before 6.13 this is how a wrong map for bpf_tail_call was answered.
fn misconfigured(case: &Case<'_, '_>) -> Option<Account> {
    if case.callee() == Some("bpf_tail_call") {
        return Some(
            Account::new("bpf_tail_call is given a map of another type")
                .register(2)
                .meaning("The message speaks of the kernel, but the fault is the program's: the second argument has to be a map of type BPF_MAP_TYPE_PROG_ARRAY.")
                .origin(&case.origin(2))
                .help("pass such a map")
                .code("__uint(type, BPF_MAP_TYPE_PROG_ARRAY);"),
        );
    }
    bug(case)
}

fn bug(case: &Case<'_, '_>) -> Option<Account> {
    let account = Account::new("the verifier met a state that it holds to be impossible")
        .meaning("This is a fault of the kernel, not a rule that the program breaks; the program may still have brought it about.");
    let help = "try a newer kernel of the same series; if it stays, report it to bpf@vger.kernel.org with the whole log";
    Some(account.help(help).sure_if(case.message.is_empty()))
}
