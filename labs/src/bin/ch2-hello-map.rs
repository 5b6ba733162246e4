//! hello-map: counts program starts per user in a hash map, and prints the counts.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::record::{u32_at, u64_at};
use labs::{Lab, Usage, Wake, args};
use libbpf_rs::{MapCore, MapFlags};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Counts program starts per user in a hash map.",
    flags: &[args::EVERY],
};

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), hello_map)
}

fn hello_map(lab: &Lab) -> Result<()> {
    let every = lab.every()?;
    let object = lab.load(lab.open()?)?;
    let _links = lab.attach(&object)?;
    // An exercise makes the second one: by user and group.
    let execs = lab.map(&object, "execs_by_owner").or_else(|_| lab.map(&object, "execs_by_uid"))?;

    let mut wakeups = lab.observe()?;
    loop {
        let wake = wakeups.wait(every)?;
        print_table(&execs)?;
        if wake == Wake::End {
            return Ok(());
        }
    }
}

/// One line a user, sorted by user, and an empty line.
fn print_table(execs: &impl MapCore) -> Result<()> {
    let mut rows = Vec::new();
    for key in execs.keys() {
        let value = execs.lookup(&key, MapFlags::ANY).context("cannot read the map")?;
        // An entry can be gone between the two steps; ours stay.
        let Some(value) = value else { continue };
        rows.push((u32_at(&key, 0), u32_at(&key, 4), u64_at(&value, 0)));
    }
    rows.sort();

    let mut out = io::stdout().lock();
    for row in rows {
        match row {
            (Some(uid), None, Some(execs)) => writeln!(out, "uid={uid} execs={execs}")?,
            (Some(uid), Some(gid), Some(execs)) => {
                writeln!(out, "uid={uid} gid={gid} execs={execs}")?;
            }
            _ => anyhow::bail!("the map's key is not a __u32, or its value not a __u64"),
        }
    }
    Ok(writeln!(out)?)
}
