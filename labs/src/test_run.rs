//! Programs that are run by hand, once, without an event: `BPF_PROG_TEST_RUN`.

use anyhow::{Context, Result};
use libbpf_rs::{Object, ProgramInput};

/// Runs a program on a packet, or, for types that get none, on nothing. Returns what it returned.
///
/// # Errors
/// There is no such program, or the kernel does not run programs of its type by hand.
pub fn run(object: &Object, name: &str, packet: Option<&[u8]>) -> Result<i32> {
    run_with(object, name, ProgramInput { data_in: packet, ..Default::default() })
}

/// Runs a program that gets a structure of our own as its context; it may write to it.
///
/// # Errors
/// As [`run`].
pub fn run_on(object: &Object, name: &str, context: &mut [u8]) -> Result<i32> {
    run_with(object, name, ProgramInput { context_in: Some(context), ..Default::default() })
}

fn run_with(object: &Object, name: &str, input: ProgramInput<'_>) -> Result<i32> {
    let program = object.progs_mut().find(|program| program.name() == name);
    let program = program.with_context(|| format!("the object has no program {name}"))?;
    let output = program.test_run(input).with_context(|| format!("cannot run {name}"))?;
    Ok(output.return_value as i32)
}
