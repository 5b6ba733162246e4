//! first-light: loads a program of two instructions, has the kernel run it once, and unloads it.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::loaded::Loaded;
use labs::{Lab, Usage};
use libbpf_rs::{Program, ProgramInput};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Loads a program, shows what the kernel made of it, runs it once, and unloads it.",
    flags: &[],
};

/// What the program is given: a packet of zeros. It does not look at it.
const PACKET: [u8; 64] = [0; 64];

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), first_light)
}

fn first_light(lab: &Lab) -> Result<()> {
    let object = lab.load(lab.open()?)?;
    let program = object.progs_mut().next().context("the object has no program")?;

    let mut out = io::stdout();
    for log in lab.logs_of_success(1)? {
        // `processed 2 insns (limit 1000000) …`
        let statistics = log.lines().find(|line| line.starts_with("processed "));
        let statistics = statistics.context("the verifier's log has no statistics")?;
        let words: Vec<_> = statistics.split(' ').take(3).collect();
        writeln!(out, "the verifier: {}\n# {statistics}", words.join(" "))?;
    }

    let loaded = Loaded::ask(&program)?;
    writeln!(out, "the kernel has {} instructions:", loaded.instructions.len())?;
    for (at, instruction) in &loaded.instructions {
        writeln!(out, "  {at}: {instruction}")?;
    }
    match loaded.machine_code {
        0 => writeln!(out, "# they are interpreted: the compiler to machine code is off")?,
        bytes => writeln!(out, "# they became {bytes} bytes of machine code")?,
    }

    let input = ProgramInput { data_in: Some(&PACKET), ..ProgramInput::default() };
    let result = program.test_run(input).context("the kernel cannot run the program")?;
    writeln!(out, "run once, it returned {}", result.return_value)?;

    let id = Program::id_from_fd(program.as_fd())?;
    drop(object); // closes the last file that refers to the program
    let answer = match Program::fd_from_id(id) {
        Ok(_) => "still there",
        Err(_) => "gone",
    };
    Ok(writeln!(out, "the lab has let go of it: {answer}")?)
}
