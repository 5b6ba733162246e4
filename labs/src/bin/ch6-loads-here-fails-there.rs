//! loads-here-fails-there: programs that some kernels accept and others refuse.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::verify::COUNTERS;
use labs::{Lab, Usage, record};
use libbpf_rs::{MapCore, MapFlags, Object, ProgramInput};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Gives each program of the object to the verifier, and says what this kernel makes of it.",
    flags: &[],
};

/// The program that adds 1 to the first element of `slots`.
const COUNTS: &str = "constant_key";

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), loads_here_fails_there)
}

// ANCHOR: lab
fn loads_here_fails_there(lab: &Lab) -> Result<()> {
    let object = lab.open()?;
    let mut out = io::stdout().lock();
    let programs: Vec<String> =
        object.progs().map(|program| program.name().to_string_lossy().into_owned()).collect();
    for program in programs {
        let answer = lab.verify(&program, COUNTERS, |_| Ok(()))?;
        write!(out, "{program}: {answer}")?;
        if let Some(object) = answer.object.filter(|_| program == COUNTS) {
            write!(out, ", and counts {}", count(lab, &object)?)?;
        }
        writeln!(out)?;
    }
    Ok(())
}
// ANCHOR_END: lab

/// Runs the program that counts, and gives what it counted.
fn count(lab: &Lab, object: &Object) -> Result<u64> {
    let program = object.progs_mut().find(|program| program.name() == COUNTS);
    let program = program.with_context(|| format!("no program {COUNTS}"))?;
    program.test_run(ProgramInput::default()).context("cannot run the program")?;
    let slot = lab.map(object, "slots")?.lookup(&0u32.to_ne_bytes(), MapFlags::ANY)?;
    slot.and_then(|bytes| record::u64_at(&bytes, 0)).context("the count cannot be read")
}
