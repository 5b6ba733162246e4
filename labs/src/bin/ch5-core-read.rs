//! core-read: who starts a program, read out of the kernel's own structures.

use std::cell::RefCell;
use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use labs::types::{Member, members};
use labs::{Lab, Usage, Wake};
use libbpf_rs::{ErrorKind, RingBufferBuilder};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Prints a line for each program that is started: its process, and the parent of it.",
    flags: &[],
};

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), core_read)
}

// ANCHOR: lab
fn core_read(lab: &Lab) -> Result<()> {
    let object = lab.load(lab.open()?)?;
    let members = members(&object, "event")?.context("the object has no struct event")?;
    let events = lab.map(&object, "events")?;
    let records = RefCell::new(Vec::new());
    let mut builder = RingBufferBuilder::new();
    builder.add(&events, |record| {
        records.borrow_mut().push(record.to_vec());
        0
    })?;
    let ring = builder.build().context("cannot map the ring buffer")?;

    let links = lab.attach(&object)?;
    let mut wakeups = lab.observe()?;
    while wakeups.wait(Some(Duration::ZERO))? != Wake::End {
        match ring.poll(Duration::from_millis(100)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => {
                return Err(error).context("cannot read the ring buffer");
            }
            _ => print(&members, records.take())?,
        }
    }
    drop(links);
    ring.consume().context("cannot read the ring buffer")?; // what came since the last look
    print(&members, records.take())
}

/// A line for each `struct event`.
fn print(members: &[Member], records: Vec<Vec<u8>>) -> Result<()> {
    let mut out = io::stdout().lock();
    for record in records {
        let line = line(members, &record).context("struct event has other members")?;
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn line(members: &[Member], record: &[u8]) -> Option<String> {
    let text = |name: &str| members.iter().find(|member| member.name == name)?.text(record);
    let (pid, uid, command) = (text("pid")?, text("uid")?, text("command")?);
    let (parent, parent_command) = (text("parent_pid")?, text("parent_command")?);
    let mut line = format!(
        "pid={pid} uid={uid} command={command} parent={} ({parent_command})",
        program_of(&parent)
    );
    if let Some(grandparent) = text("grandparent_pid") {
        let known = parent_of(&parent);
        let right = known.is_some_and(|known| known == grandparent);
        line += if right { " grandparent=right" } else { " grandparent=wrong" };
    }
    Some(line)
}
// ANCHOR_END: lab

/// Which program a process runs: the kernel's own answer in /proc, to compare ours with.
fn program_of(pid: &str) -> String {
    let program = fs::read_link(format!("/proc/{pid}/exe")).ok();
    let name = program.as_ref().and_then(|program| program.file_name());
    name.map_or_else(|| "?".into(), |name| name.to_string_lossy().into_owned())
}

/// The parent of a process, from /proc as well.
fn parent_of(pid: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    Some(line.trim().to_owned())
}
