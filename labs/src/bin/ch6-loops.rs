//! loops: four ways to write a loop, and how much of each the verifier walks through.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::verify::COUNTERS;
use labs::{Lab, Usage, record};
use libbpf_rs::{MapCore, MapFlags, Object, ProgramInput};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Has the kernel verify and run the same loop, written in four ways. Attaches nothing.",
    flags: &[],
};

/// `ROUNDS` of the BPF C.
const ROUNDS: u64 = 100;

/// The programs, and whether there are kernels without what they use.
const PROGRAMS: [(&str, bool); 4] =
    [("unrolled", false), ("bounded", false), ("called_back", true), ("iterator", true)];

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), loops)
}

// ANCHOR: lab
fn loops(lab: &Lab) -> Result<()> {
    let mut out = io::stdout().lock();
    for (program, is_new) in PROGRAMS {
        let answer = lab.verify(program, COUNTERS, |_| Ok(()))?;
        let (Some(object), Some(walked)) = (&answer.object, answer.walked) else {
            if is_new && is_unknown(&answer.said) {
                writeln!(out, "{program}: this kernel does not have it")?;
                continue;
            }
            // Refused for another reason: once more, with the log.
            lab.load_only(program, |_| Ok(()))?;
            continue;
        };
        let hash = run(lab, object, program)?;
        let rounds = if walked > ROUNDS { "each round" } else { "a few rounds" };
        writeln!(out, "{program}: hash {hash:08x}, the verifier walks {rounds}")?;
        writeln!(out, "# {program}: {walked} instructions walked")?;
    }
    Ok(())
}
// ANCHOR_END: lab

/// Whether the kernel does not know what the program calls: a helper by its number, a kernel function
/// by its name.
fn is_unknown(said: &str) -> bool {
    [
        "invalid func unknown#",
        "is referenced but wasn't resolved",
        // Before the helper there were no pointers to functions, and the callback seems to be nobody's.
        "number of funcs in func_info doesn't match number of subprogs",
    ]
    .iter()
    .any(|words| said.contains(words))
}

/// Runs the program once on a packet of zeros, and reads what it left in `hash`.
fn run(lab: &Lab, object: &Object, program: &str) -> Result<u32> {
    let found = object.progs_mut().find(|candidate| candidate.name() == program);
    let found = found.with_context(|| format!("no program {program}"))?;
    let input = ProgramInput { data_in: Some(&[0; 64]), ..Default::default() };
    found.test_run(input).with_context(|| format!("cannot run {program}"))?;
    let bss = lab.map(object, ".bss")?.lookup(&0u32.to_ne_bytes(), MapFlags::ANY)?;
    bss.and_then(|bytes| record::u32_at(&bytes, 0)).context("the result cannot be read")
}
