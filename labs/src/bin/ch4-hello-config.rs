//! hello-config: user space says by a map how each user is greeted, and changes its mind.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::record::{text_at, u32_at};
use labs::{Lab, Usage, Wake, args};
use libbpf_rs::{MapCore, MapFlags, PerfBufferBuilder, RingBufferBuilder};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Prints a greeting for each program start. Which one, a map says: Enter changes the map.",
    flags: &[args::EVERY],
};

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), hello_config)
}

fn hello_config(lab: &Lab) -> Result<()> {
    let every = lab.every()?;
    let object = lab.load(lab.open()?)?;
    let config = Config { map: lab.map(&object, "config")?, uid_base: lab.uid_base() };
    config.greet(0, "Hello root")?;
    config.greet(501, "Hello user")?;

    let (ring, perf) = (lab.map(&object, "ring")?, lab.map(&object, "perf")?);
    let (from_ring, from_perf) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    let mut rings = RingBufferBuilder::new();
    rings.add(&ring, |record| {
        from_ring.borrow_mut().push(record.to_vec());
        0
    })?;
    let rings = rings.build().context("cannot map the ring buffer")?;
    let buffers = PerfBufferBuilder::new(&perf)
        .sample_cb(|_cpu, record| from_perf.borrow_mut().push(record.to_vec()))
        .build()
        .context("cannot make the perf buffers")?;

    let _links = lab.attach(&object)?;
    let mut wakeups = lab.observe()?;
    loop {
        let wake = wakeups.wait(every)?;
        rings.consume().context("cannot read the ring buffer")?;
        buffers.consume().context("cannot read the perf buffers")?;
        print_in_order(&from_ring.take())?;
        print_numbers(&from_perf.take())?;
        match wake {
            Wake::End => return Ok(()),
            Wake::Enter => config.change()?,
            Wake::Tick => {}
        }
    }
}

// ANCHOR: config
struct Config<M> {
    map: M,
    uid_base: u32,
}

impl<M: MapCore> Config<M> {
    fn greet(&self, uid: u32, message: &str) -> Result<()> {
        let mut value = [0; 12];
        value[..message.len()].copy_from_slice(message.as_bytes());
        let updated = self.map.update(&self.key(uid), &value, MapFlags::ANY);
        updated.with_context(|| format!("cannot set the message of user {uid}"))
    }

    fn forget(&self, uid: u32) -> Result<()> {
        let deleted = self.map.delete(&self.key(uid));
        deleted.with_context(|| format!("cannot delete the message of user {uid}"))
    }

    fn key(&self, uid: u32) -> [u8; 4] {
        (self.uid_base + uid).to_ne_bytes()
    }

    /// While the program runs: one entry goes, one has another value, one is new and empty.
    fn change(&self) -> Result<()> {
        if self.map.lookup(&self.key(0), MapFlags::ANY)?.is_some() {
            self.forget(0)?;
        }
        self.greet(501, "Hi again")?;
        self.greet(1000, "")?;
        Ok(writeln!(io::stdout(), "the map is changed\n")?)
    }
}
// ANCHOR_END: config

type Event = (u32, u32, String, String);

fn event(record: &[u8]) -> Result<Event> {
    let parts = || {
        let (pid, uid) = (u32_at(record, 0)?, u32_at(record, 4)?);
        Some((pid, uid, text_at(record, 8, 16)?.into(), text_at(record, 24, 12)?.into()))
    };
    parts().context("a record is too short")
}

/// The records of a ring buffer are in the order of the events.
fn print_in_order(records: &[Vec<u8>]) -> Result<()> {
    let mut out = io::stdout().lock();
    for record in records {
        let (pid, uid, command, message) = event(record)?;
        writeln!(out, "ring: pid={pid} uid={uid} command={command} message={message}")?;
    }
    Ok(())
}

/// Those of perf buffers are in the order of each processor, so they are counted here.
fn print_numbers(records: &[Vec<u8>]) -> Result<()> {
    let mut numbers = BTreeMap::new();
    for record in records {
        let (_, uid, _, message) = event(record)?;
        *numbers.entry((uid, message)).or_insert(0) += 1;
    }
    let mut out = io::stdout().lock();
    for ((uid, message), number) in numbers {
        writeln!(out, "perf: {number} records of uid={uid} message={message}")?;
    }
    Ok(())
}
