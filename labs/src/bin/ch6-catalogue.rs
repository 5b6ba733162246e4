//! catalogue: gives an object of the catalogue to the verifier, and says which programs it accepts.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use labs::{Lab, Usage};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Gives an object of the catalogue (--object) to the verifier; attaches nothing.",
    flags: &[],
};

fn main() -> ExitCode {
    labs::run(&USAGE, &[], catalogue)
}

fn catalogue(lab: &Lab) -> Result<()> {
    let object = lab.load(lab.open()?)?;
    let mut out = io::stdout().lock();
    for program in object.progs() {
        let (name, section) = (program.name().display(), program.section().display());
        writeln!(out, "accepted: {name} ({section})")?;
    }
    Ok(())
}
