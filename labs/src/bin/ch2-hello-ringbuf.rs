//! hello-ringbuf: records of program starts through a ring buffer; and what a full ring buffer does.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use labs::record::{text_at, u32_at, u64_at};
use labs::sweep::sweep;
use labs::{Flag, Lab, Usage, Wake};
use libbpf_rs::{ErrorKind, MapCore, MapFlags, RingBuffer, RingBufferBuilder};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Prints a record of each program start, sent through a ring buffer; and at the end how many\n\
            getppid calls of each process were sent through a ring buffer far too small for them.",
    flags: &[
        Flag {
            name: "show",
            value: "WHAT",
            default: "records",
            help: "records; or parity: which messages came from even process ids, and which from odd",
        },
        Flag {
            name: "sweep",
            value: "EVENTS",
            default: "0",
            help: "send so many events through ring buffers of all sizes from 4 KiB to 16 MiB, and end",
        },
    ],
};

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), hello_ringbuf)
}

fn hello_ringbuf(lab: &Lab) -> Result<()> {
    let by_parity = lab.flag("show") == "parity";
    if let events @ 1.. = lab.parsed("sweep")? {
        return sweep(lab, "send_burst", events);
    }
    let object = lab.load(lab.open()?)?;
    let (execs, burst) = (lab.map(&object, "execs")?, lab.map(&object, "burst")?);
    let tallies = lab.map(&object, "tallies")?;

    let records = RefCell::new(Vec::new());
    let received = RefCell::new(HashMap::new());
    let mut builder = RingBufferBuilder::new();
    builder.add(&execs, |record| {
        records.borrow_mut().push(record.to_vec());
        0
    })?;
    builder.add(&burst, |record| {
        *received.borrow_mut().entry(u32_at(record, 0)).or_insert(0) += 1;
        0
    })?;
    let rings = builder.build().context("cannot map the ring buffers")?;

    let links = lab.attach(&object)?;
    let mut wakeups = lab.observe()?;
    while wakeups.wait(Some(Duration::ZERO))? != Wake::End {
        poll(&rings)?;
        if !by_parity {
            print_records(records.take())?;
        }
    }
    drop(links);
    rings.consume().context("cannot read the ring buffers")?; // what was sent since the last look
    if by_parity {
        print_by_parity(&records.take())?;
    } else {
        print_records(records.take())?;
    }
    print_tallies(&tallies, &received.take())
}

/// Waits for records, but not for long: there are signals to be looked for as well.
fn poll(rings: &RingBuffer<'_>) -> Result<()> {
    match rings.poll(Duration::from_millis(100)) {
        Err(error) if error.kind() != ErrorKind::Interrupted => {
            Err(error).context("cannot read the ring buffers")
        }
        _ => Ok(()),
    }
}

/// Prints each `struct exec_event`.
fn print_records(records: Vec<Vec<u8>>) -> Result<()> {
    let mut out = io::stdout().lock();
    for record in records {
        let event = || {
            let (pid, uid) = (u32_at(&record, 0)?, u32_at(&record, 4)?);
            Some((pid, uid, text_at(&record, 8, 16)?, text_at(&record, 24, 12)?))
        };
        let (pid, uid, command, message) = event().context("a record is too short")?;
        writeln!(out, "pid={pid} uid={uid} command={command} message={message}")?;
    }
    Ok(())
}

/// For even and for odd process ids: every message that came from one.
fn print_by_parity(records: &[Vec<u8>]) -> Result<()> {
    let mut messages = [BTreeSet::new(), BTreeSet::new()];
    for record in records {
        let event = || Some((u32_at(record, 0)?, text_at(record, 24, 12)?));
        let (pid, message) = event().context("a record is too short")?;
        messages[(pid % 2) as usize].insert(format!("\"{message}\""));
    }
    for (parity, messages) in ["even", "odd"].iter().zip(messages) {
        let messages: Vec<_> = messages.into_iter().collect();
        writeln!(io::stdout(), "{parity} process ids: {}", messages.join(", "))?;
    }
    Ok(())
}

/// For each process: what it sent, and whether every event of it is accounted for. How many of them
/// were lost is different each time.
fn print_tallies(tallies: &impl MapCore, received: &HashMap<Option<u32>, u64>) -> Result<()> {
    let mut out = io::stdout().lock();
    let mut pids: Vec<_> = tallies.keys().collect();
    pids.sort_by_key(|pid| u32_at(pid, 0));
    for key in pids {
        let Some(tally) = tallies.lookup(&key, MapFlags::ANY)? else { continue };
        let counted = || Some((u32_at(&key, 0)?, u64_at(&tally, 0)?, u64_at(&tally, 8)?));
        let (pid, sent, lost) = counted().context("the map tallies has other types")?;
        let received = received.get(&Some(pid)).copied().unwrap_or(0);
        writeln!(out, "pid={pid} sent={sent} received+lost={}", received + lost)?;
        writeln!(out, "# pid={pid} received={received} lost={lost}")?;
    }
    Ok(())
}
