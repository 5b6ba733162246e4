//! loads-here-fails-there: programs that some kernels accept and others refuse.

use std::process::ExitCode;

use anyhow::Result;
use labs::verify::COUNTERS;
use labs::{Lab, Usage};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Gives each program of the object to the verifier, and says what this kernel makes of it.",
    flags: &[],
};

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), loads_here_fails_there)
}

fn loads_here_fails_there(lab: &Lab) -> Result<()> {
    let object = lab.open()?;
    let programs: Vec<String> =
        object.progs().map(|program| program.name().to_string_lossy().into_owned()).collect();
    for program in programs {
        println!("{program}: {}", lab.verify(&program, COUNTERS, |_| Ok(()))?);
    }
    Ok(())
}
