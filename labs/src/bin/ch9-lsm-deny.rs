//! lsm-deny: a security module that refuses to change the permissions of one file.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::record::{u32_at, u64_at};
use labs::{Lab, Usage, Wake};
use libbpf_rs::{MapCore, MapFlags};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Refuses every chmod of vault/locked.txt, and prints at the end how often it was asked.",
    flags: &[],
};

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), lsm_deny)
}

fn lsm_deny(lab: &Lab) -> Result<()> {
    let object = lab.load(lab.open()?)?;
    let links = lab.attach(&object)?; // from here on the kernel asks us
    let mut wakeups = lab.observe()?;
    while wakeups.wait(None)? != Wake::End {}
    drop(links); // and from here on no more
    print_tallies(&lab.map(&object, "tallies")?)
}

/// One line a user.
fn print_tallies(tallies: &impl MapCore) -> Result<()> {
    let mut users: Vec<_> = tallies.keys().collect();
    users.sort_by_key(|key| u32_at(key, 0));
    let mut out = io::stdout().lock();
    for key in users {
        let Some(tally) = tallies.lookup(&key, MapFlags::ANY)? else { continue };
        let numbers = || Some((u32_at(&key, 0)?, u64_at(&tally, 0)?, u64_at(&tally, 8)?));
        let (uid, asked, refused) = numbers().context("the map tallies has other types")?;
        writeln!(out, "uid={uid} asked={asked} refused={refused}")?;
    }
    Ok(())
}
