//! exec-six-ways: six kinds of program see the same start of a program, each in its own way.

use std::cell::RefCell;
use std::io::{self, Write};
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result};
use labs::record::{text_at, u32_at};
use labs::{Lab, Usage, Wake};
use libbpf_rs::{ErrorKind, RingBuffer, RingBufferBuilder};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Shows how each of six programs, attached in six ways, sees that a program is started.",
    flags: &[],
};

/// A program that is not there: an exec of it is begun, and goes no further.
const MISSING: &str = "/no/such/program";

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), exec_six_ways)
}

// ANCHOR: lab
fn exec_six_ways(lab: &Lab) -> Result<()> {
    let object = lab.load(lab.open()?)?;
    let sightings = lab.map(&object, "sightings")?;
    let records = RefCell::new(Vec::new());
    let mut builder = RingBufferBuilder::new();
    builder.add(&sightings, |record| {
        records.borrow_mut().push(record.to_vec());
        0
    })?;
    let ring = builder.build().context("cannot map the ring buffer")?;

    // The order of the programs in the object: those at one place are called in it.
    let links = lab.attach(&object)?;
    let mut wakeups = lab.observe()?;
    while wakeups.wait(Some(Duration::ZERO))? != Wake::End {
        poll(&ring)?;
        print(&records.take())?;
    }

    let started = Command::new(MISSING).spawn();
    drop(links);
    ring.consume().context("cannot read the ring buffer")?;
    let records = records.take();
    let (failed, rest): (Vec<_>, Vec<_>) =
        records.into_iter().partition(|record| text_at(record, 36, 32).as_deref() == Some(MISSING));
    print(&rest)?;
    print_failed(started.is_err(), &failed)
}
// ANCHOR_END: lab

/// Waits for records, but not for long: there are signals to be looked for as well.
fn poll(ring: &RingBuffer<'_>) -> Result<()> {
    match ring.poll(Duration::from_millis(100)) {
        Err(error) if error.kind() != ErrorKind::Interrupted => {
            Err(error).context("cannot read the ring buffer")
        }
        _ => Ok(()),
    }
}

/// Prints each `struct sighting`.
fn print(records: &[Vec<u8>]) -> Result<()> {
    let mut out = io::stdout().lock();
    for record in records {
        let seen = || {
            let argc = u32_at(record, 4)? as i32;
            let argc = if argc < 0 { String::new() } else { format!(" argc={argc}") };
            let (way, comm) = (text_at(record, 8, 12)?, text_at(record, 20, 16)?);
            let (pid, path) = (u32_at(record, 0)?, text_at(record, 36, 32)?);
            Some(format!("pid={pid} {way:8} comm={comm} path={path}{argc}"))
        };
        writeln!(out, "{}", seen().context("a record is too short")?)?;
    }
    Ok(())
}

/// Who has seen the exec that cannot succeed.
fn print_failed(failed: bool, records: &[Vec<u8>]) -> Result<()> {
    let ways: Vec<_> = records.iter().filter_map(|record| text_at(record, 8, 12)).collect();
    let outcome = if failed { "fails" } else { "succeeds" };
    Ok(writeln!(io::stdout(), "exec of {MISSING} {outcome}, seen by: {}", ways.join(", "))?)
}
