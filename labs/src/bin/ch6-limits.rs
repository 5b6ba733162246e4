//! limits: programs on both sides of each of the verifier's limits.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::verify::{Answer, COUNTERS};
use labs::{Lab, Usage};
use libbpf_rs::{MapCore, MapFlags, Object, OpenObject, ProgramInput};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Gives the verifier programs on both sides of its limits. Attaches nothing.",
    flags: &[],
};

/// The programs, and how many rounds their loops make, in turn.
const TRIALS: [(&str, &[u32]); 7] = [
    ("instructions", &[1_000, 10_000]),
    ("branches", &[8_000, 9_000]),
    ("stack_512", &[]),
    ("stack_520", &[]),
    ("stack_together", &[]),
    ("frames_8", &[]),
    ("frames_9", &[]),
];

/// The program that looks for a 7 in `numbers`.
const SEARCH: &str = "branches";

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), limits)
}

// ANCHOR: lab
fn limits(lab: &Lab) -> Result<()> {
    let mut out = io::stdout().lock();
    for (program, all_rounds) in TRIALS {
        for &rounds in all_rounds {
            let answer = lab.verify(program, COUNTERS, |object| set_rounds(object, rounds))?;
            tell(&mut out, &format!("{program}, {rounds} rounds"), &answer)?;
            if let Some(object) = answer.object.filter(|_| program == SEARCH) {
                let found = [false, true].map(|hidden| search(lab, &object, rounds, hidden));
                let [without, with] = found;
                writeln!(out, "{program} returns {} without a 7, {} with one", without?, with?)?;
            }
        }
        if all_rounds.is_empty() {
            tell(&mut out, program, &lab.verify(program, COUNTERS, |_| Ok(()))?)?;
        }
    }
    Ok(())
}
// ANCHOR_END: lab

fn tell(out: &mut impl Write, what: &str, answer: &Answer) -> Result<()> {
    writeln!(out, "{what}: {answer}")?;
    if let Some(walked) = answer.walked {
        writeln!(out, "# {walked} instructions walked")?;
    }
    Ok(())
}

/// Runs the search on zeros, of which the last one that it looks at may be a 7 instead.
fn search(lab: &Lab, object: &Object, rounds: u32, hidden: bool) -> Result<u32> {
    let numbers = lab.map(object, ".bss")?;
    let mut values = vec![0; numbers.value_size() as usize];
    let last = 4 * (rounds as usize - 1);
    if hidden {
        values[last..last + 4].copy_from_slice(&7u32.to_ne_bytes());
    }
    numbers.update(&0u32.to_ne_bytes(), &values, MapFlags::ANY)?;
    let program = object.progs_mut().find(|program| program.name() == SEARCH);
    let program = program.with_context(|| format!("no program {SEARCH}"))?;
    let output = program.test_run(ProgramInput::default()).context("cannot run the search")?;
    Ok(output.return_value)
}

// ANCHOR: rounds
/// Writes `rounds`, the only constant of the object, before the kernel gets it.
fn set_rounds(object: &mut OpenObject, rounds: u32) -> Result<()> {
    let mut maps = object.maps_mut();
    let constants = maps.find(|map| map.name().to_string_lossy().ends_with(".rodata"));
    let mut constants = constants.context("the object has no constants")?;
    let value = constants.initial_value_mut().context("the constants have no value")?;
    value.get_mut(..4).context("no room for `rounds`")?.copy_from_slice(&rounds.to_ne_bytes());
    Ok(())
}
// ANCHOR_END: rounds
