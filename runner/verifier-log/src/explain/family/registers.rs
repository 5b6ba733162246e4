//! `R2 !read_ok`: a register is read that holds nothing.

use crate::{
    category::Category::RegisterTypeSafety,
    explain::{
        account::Account,
        case::Case,
        op::Op,
        origin::Begin,
        table::{Row, plain, row},
    },
};

pub(super) const ROWS: &[Row] = &[
    row("R{#r} !read_ok", RegisterTypeSafety, unset),
    plain(
        "R{#r} is invalid",
        RegisterTypeSafety,
        "there is no register R{r}: an instruction can name r0 to r10",
        "let the compiler make the instruction, or correct the one written by hand",
    ),
    plain(
        "frame pointer is read only",
        RegisterTypeSafety,
        "the program writes to r10, the frame pointer, which can only be read",
        "copy it first: `r1 = r10`, then change r1",
    ),
];

fn unset(case: &Case<'_, '_>) -> Option<Account> {
    let register = case.register()?;
    let account = Account::new(format!("r{register} is read, but holds no value here"));
    let account = account.register(register);
    let origin = case.origin(register);
    let ends = case.walk().is_some_and(|walk| walk.op == Op::Exit);
    Some(match origin.begin {
        Begin::Clobbered { by, at } => account
            .meaning(format!(
                "r1 to r5 carry arguments, and after a call they are empty: the call of {by} \
                 (instruction {}) ended what r{register} held.",
                case.path.walks[at].insn,
            ))
            .origin(&origin)
            .help("keep the value in r6 to r9 or on the stack before the call, as the compiler does for C"),
        Begin::Unset if ends && register == 0 => account
            .meaning("The program ends here, and r0, its return value, was never set on this path.")
            .help("return a value on every path")
            .code("return 0;"),
        Begin::Unset | Begin::Parameter(2..=5) => account
            .meaning(format!("Nothing on this path gives r{register} a value before it is read."))
            .help("give the variable a value where it is declared, or on every path that leads here"),
        _ => account
            .meaning("On this path nothing that this log shows gives it a value.")
            .origin(&origin)
            .help("give the variable a value on every path that leads here")
            .unsure(),
    })
}
