//! read-the-log: the verifier's whole log of a small program, and what is in it.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::verify::EVERYTHING;
use labs::{Lab, Usage, record};
use libbpf_rs::{MapCore, MapFlags, Object, OpenObject, ProgramInput};
use verifier_log::{Kind, Log};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Prints the verifier's log of a program at level 2, and says what is in it.",
    flags: &[],
};

/// The program of the object.
const PROGRAM: &str = "read_me";

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), read_the_log)
}

fn read_the_log(lab: &Lab) -> Result<()> {
    let mut out = io::stdout().lock();
    let answer = lab.verify(PROGRAM, EVERYTHING, |_| Ok(()))?;
    let Some(object) = &answer.object else {
        // Once more, so that the log is printed: at level 2 it shows all ways, not only the last.
        return lab.load_only(PROGRAM, set_level).map(drop);
    };
    for line in answer.log.lines() {
        writeln!(out, "# {line}")?;
    }
    writeln!(out, "{PROGRAM}: {answer}")?;
    tell_what_is_in(&mut out, &answer.log)?;
    for length in [60, 100] {
        writeln!(out, "a packet of {length} bytes: slot {}", slot_of(lab, object, length)?)?;
    }
    Ok(())
}

fn set_level(object: &mut OpenObject) -> Result<()> {
    object.progs_mut().for_each(|mut program| program.set_log_level(EVERYTHING));
    Ok(())
}

/// Logs are written for people, and their form differs between kernels.
fn tell_what_is_in(out: &mut impl Write, text: &str) -> Result<()> {
    let log = Log::parse(text);
    let any = |is: fn(&Kind<'_>) -> bool| log.items().iter().any(|item| is(&item.kind));
    let has_line = any(|kind| matches!(kind, Kind::Source(source) if source.line.is_some()));
    let yes = |has: bool| if has { "yes" } else { "no" };

    writeln!(
        out,
        "begins with the registers that are in use: {}",
        yes(text.contains("Live regs"))
    )?;
    writeln!(out, "source lines with their number: {}", yes(has_line))?;
    writeln!(
        out,
        "registers behind the instruction, in its line: {}",
        yes(text.contains("\t; R") || text.contains("  ; R"))
    )?;
    writeln!(
        out,
        "word for an unknown number: {}",
        if text.contains("=inv(") { "inv" } else { "scalar" }
    )?;
    writeln!(out, "ways that end early, with `safe`: {}", text.matches(": safe").count())?;
    Ok(())
}

/// Runs the program on a packet of zeros, and gives the place where it put the length.
fn slot_of(lab: &Lab, object: &Object, length: u32) -> Result<usize> {
    let program = object.progs_mut().find(|program| program.name() == PROGRAM);
    let packet = vec![0; length as usize];
    let input = ProgramInput { data_in: Some(&packet), ..Default::default() };
    program.context("no program")?.test_run(input).context("cannot run the program")?;
    let bss = lab.map(object, ".bss")?.lookup(&0u32.to_ne_bytes(), MapFlags::ANY)?;
    let bss = bss.context("the lengths cannot be read")?;
    let mut slots = (0..bss.len() / 4).map(|slot| record::u32_at(&bss, slot * 4));
    slots.position(|found| found == Some(length)).context("the length is in no slot")
}
