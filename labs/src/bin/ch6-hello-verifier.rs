//! hello-verifier: what the verifier says about two programs, also when it accepts them.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use labs::{Flag, Lab, Usage};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Has the kernel verify two programs, and shows the verifier's log of each. Attaches nothing.",
    flags: &[Flag {
        name: "log-level",
        value: "LEVEL",
        default: "2",
        help: "for accepted programs: 1 for a few numbers, 2 for every instruction",
    }],
};

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), hello_verifier)
}

fn hello_verifier(lab: &Lab) -> Result<()> {
    let level = lab.parsed("log-level")?;

    // The log of a program that is refused is printed here, and this is the end then.
    let object = lab.load(lab.open()?)?;
    lab.print_logs_of_success(level)?;

    let mut out = io::stdout().lock();
    for program in object.progs() {
        let (name, section) = (program.name().display(), program.section().display());
        let kind = format!("{:?}", program.prog_type()).to_lowercase();
        writeln!(out, "{name}: accepted ({kind}, {section})")?;
    }
    Ok(())
}
