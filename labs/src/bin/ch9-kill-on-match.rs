//! kill-on-match: kills a process that opens a certain file.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::record::{u32_at, u64_at};
use labs::{Lab, Usage, Wake};
use libbpf_rs::{MapCore, MapFlags};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Kills every process that opens vault/bait.txt, and prints at the end how many that were.",
    flags: &[],
};

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), kill_on_match)
}

fn kill_on_match(lab: &Lab) -> Result<()> {
    let object = lab.load(lab.open()?)?;
    let links = lab.attach(&object)?;
    let mut wakeups = lab.observe()?;
    while wakeups.wait(None)? != Wake::End {}
    drop(links);

    let tallies = lab.map(&object, "tallies")?;
    let mut users: Vec<_> = tallies.keys().collect();
    users.sort_by_key(|key| u32_at(key, 0));
    let mut out = io::stdout().lock();
    for key in users {
        let Some(tally) = tallies.lookup(&key, MapFlags::ANY)? else { continue };
        let numbers = || Some((u32_at(&key, 0)?, u64_at(&tally, 0)?, u64_at(&tally, 8)?));
        let (uid, opened, killed) = numbers().context("the map tallies has other types")?;
        writeln!(out, "uid={uid} opened={opened} killed={killed}")?;
    }
    Ok(())
}
