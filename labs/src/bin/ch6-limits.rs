//! limits: programs on both sides of each of the verifier's limits.

use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::verify::{Answer, COUNTERS};
use labs::{Lab, Usage};
use libbpf_rs::OpenObject;

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

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), limits)
}

fn limits(lab: &Lab) -> Result<()> {
    for (program, all_rounds) in TRIALS {
        for &rounds in all_rounds {
            let answer = lab.verify(program, COUNTERS, |object| set_rounds(object, rounds))?;
            tell(&format!("{program}, {rounds} rounds"), &answer);
        }
        if all_rounds.is_empty() {
            tell(program, &lab.verify(program, COUNTERS, |_| Ok(()))?);
        }
    }
    Ok(())
}

fn tell(what: &str, answer: &Answer) {
    println!("{what}: {answer}");
    if let Some(walked) = answer.walked {
        println!("# {walked} instructions walked");
    }
}

/// Writes `rounds`, the only constant of the object, before the kernel gets it.
fn set_rounds(object: &mut OpenObject, rounds: u32) -> Result<()> {
    let mut maps = object.maps_mut();
    let constants = maps.find(|map| map.name().to_string_lossy().ends_with(".rodata"));
    let mut constants = constants.context("the object has no constants")?;
    let value = constants.initial_value_mut().context("the constants have no value")?;
    value.get_mut(..4).context("no room for `rounds`")?.copy_from_slice(&rounds.to_ne_bytes());
    Ok(())
}
