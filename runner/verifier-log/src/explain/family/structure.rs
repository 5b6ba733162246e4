//! The shape of a program: jumps, loops, ends, instructions as such.

use crate::{
    category::Category::ProgramStructure,
    explain::{
        account::Account,
        case::Case,
        table::{Row, plain, row},
    },
};

pub(super) const ROWS: &[Row] = &[
    row("unreachable insn {#insn}", ProgramStructure, unreachable),
    row("jump out of range from insn {#from} to {#to}", ProgramStructure, range),
    row("infinite loop detected at insn {#insn}", ProgramStructure, endless),
    row("back-edge from insn {#from} to {#to}", ProgramStructure, back),
    plain(
        "last insn is not an exit or jmp",
        ProgramStructure,
        "the end of a function can be reached without `exit`",
        "return a value at the end of the function; with inline assembly, end it with `exit`",
    ),
    plain(
        "recursive call from {caller}() to {callee}()",
        ProgramStructure,
        "`{caller}` calls `{callee}`, which leads back to itself",
        "BPF has no recursion: write a loop, with a stack of your own in a map if need be",
    ),
    plain(
        "jump into the middle of ldimm64 insn {#insn}",
        ProgramStructure,
        "a jump goes to the second half of the two-part instruction {insn}",
        "let the compiler make the jump, or correct the offset",
    ),
    plain(
        "div by zero",
        ProgramStructure,
        "a division by the constant 0",
        "divide by something else; a variable that may be 0 needs no test, the result is then 0",
    ),
    row("invalid shift {#by}", ProgramStructure, shift),
    plain(
        "unknown opcode {code}",
        ProgramStructure,
        "the verifier does not know the instruction with the code {code}",
        "compile for this kernel's instruction set: `-mcpu=v2` or `-mcpu=v3` instead of `v4`",
    ),
    plain(
        "unknown insn class {#class}",
        ProgramStructure,
        "the verifier does not know instructions of class {class}",
        "compile for this kernel's instruction set: `-mcpu=v2` or `-mcpu=v3`",
    ),
    plain(
        "BPF_{kind} uses reserved fields",
        ProgramStructure,
        "an instruction has a value where it must have none ({kind})",
        "compile for this kernel's instruction set: `-mcpu=v2` or `-mcpu=v3`; an older kernel does not know newer forms",
    ),
    plain(
        "BPF_ATOMIC uses invalid atomic opcode {code}",
        ProgramStructure,
        "this kernel does not know the atomic operation {code}",
        "compile with `-mcpu=v2` for kernels before 5.12, where only an addition without result exists",
    ),
    plain(
        "invalid {what} opcode {code}",
        ProgramStructure,
        "this kernel does not know the {what} operation {code}",
        "compile with `-mcpu=v2` or `-mcpu=v3`",
    ),
    plain(
        "invalid atomic operand size",
        ProgramStructure,
        "an atomic operation on less than 4 bytes",
        "use a 32-bit or 64-bit variable",
    ),
    plain(
        "invalid BPF_LD_IMM insn",
        ProgramStructure,
        "a 64-bit load is not complete",
        "compile the object again",
    ),
    plain(
        "invalid bpf_ld_imm64 insn",
        ProgramStructure,
        "a 64-bit load is not complete",
        "compile the object again",
    ),
    plain(
        "unrecognized bpf_ld_imm64 insn",
        ProgramStructure,
        "a 64-bit load of a kind that this kernel does not know",
        "use a newer kernel, or a loader that fits this one",
    ),
    plain(
        "invalid BPF_LD mode",
        ProgramStructure,
        "a load of a kind that this kernel does not know",
        "compile with `-mcpu=v2` or `-mcpu=v3`",
    ),
    plain(
        "invalid may_goto off {#off} imm {#imm}",
        ProgramStructure,
        "a `may_goto` that is not well formed",
        "use the macros `cond_break` or `can_loop`",
    ),
    plain(
        "invalid insn idx {#insn} insn_cnt {#count}",
        ProgramStructure,
        "the program has {count} instructions, and goes on to {insn}",
        "end every path with a return",
    ),
    plain(
        "invalid call destination{rest}",
        ProgramStructure,
        "a call leads nowhere",
        "link the object with all functions that it calls",
    ),
    plain(
        "call to invalid destination",
        ProgramStructure,
        "a call leads nowhere",
        "link the object with all functions that it calls",
    ),
    plain(
        "no program starts at insn {#insn}",
        ProgramStructure,
        "instruction {insn} is called, but no function begins there",
        "link the object with all functions that it calls",
    ),
    plain(
        "insn {#insn} cannot be patched due to 16-bit range",
        ProgramStructure,
        "a jump is too far once the verifier has inserted instructions",
        "split the program into functions",
    ),
    plain(
        "LD_ABS {rest}",
        ProgramStructure,
        "this way to read the packet does not fit here: LD_ABS {rest}",
        "use `bpf_skb_load_bytes`",
    ),
    plain(
        "BPF_LD_[ABS|IND] {rest}",
        ProgramStructure,
        "this way to read the packet does not fit here: {rest}",
        "use `bpf_skb_load_bytes`",
    ),
    plain(
        "tail_call is {rest}",
        ProgramStructure,
        "a tail call in a function: it is {rest}",
        "compile with `-g`, and let the function return `int`",
    ),
    plain(
        "callback function {rest}",
        ProgramStructure,
        "the callback function {rest}",
        "make it a `static` function of its own",
    ),
    plain(
        "addr_space_cast insn {rest}",
        ProgramStructure,
        "a cast between address spaces that is not allowed: it {rest}",
        "use `__arena` pointers in a program that has an arena map",
    ),
    plain(
        "exception callback {rest}",
        ProgramStructure,
        "the exception callback {rest}",
        "name a global function of the program that takes and returns one number",
    ),
    plain(
        "exception cb {rest}",
        ProgramStructure,
        "the exception callback {rest}",
        "let it take one number",
    ),
    plain(
        "multiple exception callback tags for main subprog",
        ProgramStructure,
        "the program names two exception callbacks",
        "keep one",
    ),
];

fn unreachable(case: &Case<'_, '_>) -> Option<Account> {
    let insn = case.number("insn")?;
    Some(
        Account::new(format!("no path leads to instruction {insn}"))
            .number("unreachable_insn", insn)
            .meaning("Dead code is refused. A compiler leaves some behind an endless loop or inline assembly.")
            .help("remove the code, or give the loop before it a way out"),
    )
}

fn range(case: &Case<'_, '_>) -> Option<Account> {
    let (from, to) = (case.number("from")?, case.number("to")?);
    Some(
        Account::new(format!("instruction {from} jumps to {to}, which is not in the program"))
            .number("from_insn", from)
            .number("to_insn", to)
            .help("let the compiler make the jump, or correct the offset; a jump cannot lead into another function"),
    )
}

fn endless(case: &Case<'_, '_>) -> Option<Account> {
    let insn = case.number("insn")?;
    let account = Account::new("a loop that never ends")
        .number("loop_insn", insn)
        .meaning(format!("The verifier came back to instruction {insn}, and nothing had changed since it was there."));
    Some(account.help("let a variable count, and end the loop at a constant: `for (int i = 0; i < 100; i++)`, or use `bpf_loop`"))
}

fn back(case: &Case<'_, '_>) -> Option<Account> {
    let (from, to) = (case.number("from")?, case.number("to")?);
    Some(
        Account::new(format!("instruction {from} leads back to {to}"))
            .number("from_insn", from)
            .number("to_insn", to)
            .meaning("A loop or a recursion that the verifier does not follow here.")
            .help("unroll the loop (`#pragma unroll`), bound it by a constant, or write the recursion as a loop"),
    )
}

fn shift(case: &Case<'_, '_>) -> Option<Account> {
    let by = case.number("by")?;
    Some(
        Account::new(format!("a shift by {by} bits"))
            .number("shift", by)
            .meaning("A 64-bit value can be shifted by 0 to 63 bits, a 32-bit value by 0 to 31.")
            .help("shift by less, or test the amount first"),
    )
}
