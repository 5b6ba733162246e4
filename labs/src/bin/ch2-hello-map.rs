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
    let execs_by_uid = lab.map(&object, "execs_by_uid")?;

    let mut wakeups = lab.observe()?;
    loop {
        let wake = wakeups.wait(every)?;
        print_table(&execs_by_uid)?;
        if wake == Wake::End {
            return Ok(());
        }
    }
}

/// One line a user, sorted by user, and an empty line.
fn print_table(execs_by_uid: &impl MapCore) -> Result<()> {
    let mut rows = Vec::new();
    for key in execs_by_uid.keys() {
        let value = execs_by_uid.lookup(&key, MapFlags::ANY).context("cannot read the map")?;
        // An entry can be gone between the two steps; ours stay.
        let Some(value) = value else { continue };
        rows.push((u32_at(&key, 0), u64_at(&value, 0)));
    }
    rows.sort();

    let mut out = io::stdout().lock();
    for row in rows {
        let (Some(uid), Some(execs)) = row else {
            anyhow::bail!("the map's key is not a __u32, or its value not a __u64");
        };
        writeln!(out, "uid={uid} execs={execs}")?;
    }
    Ok(writeln!(out)?)
}
