//! return-values: what a function of the kernel returned, and how long it took, seen in two ways.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use labs::record::{text_at, u64_at};
use labs::{Lab, Usage};
use libbpf_rs::{Object, RingBuffer, RingBufferBuilder};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Reads from five files, and shows what two pairs of programs saw of each read: its result,\n\
            and how long it took.",
    flags: &[],
};

/// How many bytes each read asks for.
const ASKED: usize = 100;
/// How long the slow read has to wait for its bytes.
const PAUSE: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), return_values)
}

fn return_values(lab: &Lab) -> Result<()> {
    let mut open = lab.open()?;
    lab.set_constant(&mut open, "watched", &std::process::id().to_ne_bytes())?;
    let object = lab.load(open)?;
    let calls = lab.map(&object, "calls")?;
    let records = RefCell::new(Vec::new());
    let mut builder = RingBufferBuilder::new();
    builder.add(&calls, |record| {
        records.borrow_mut().push(record.to_vec());
        0
    })?;
    let ring = builder.build().context("cannot map the ring buffer")?;

    // One pair after the other, so that neither is part of the time that the other one measures.
    let by_kretprobe = seen_by(lab, &object, ["kprobe_read", "kretprobe_read"], &ring, &records)?;
    let by_fexit = seen_by(lab, &object, ["fentry_read", "fexit_read"], &ring, &records)?;
    let _wakeups = lab.observe()?;

    let mut out = io::stdout().lock();
    writeln!(out, "{:24} {:>12} {:>12} {:>12}", "read from", "user space", "kretprobe", "fexit")?;
    for (kretprobe, fexit) in by_kretprobe.iter().zip(&by_fexit) {
        let (name, user_space) = (kretprobe.name, kretprobe.result);
        let cells = [kretprobe.cell("kretprobe"), fexit.cell("fexit")];
        writeln!(out, "{name:24} {user_space:>12} {:>12} {:>12}", cells[0], cells[1])?;
    }
    writeln!(out, "\nThe last one had to wait.")?;
    for (way, reads) in [("kretprobe", by_kretprobe), ("fexit", by_fexit)] {
        if let Some(slow) = reads.last() {
            writeln!(out, "the time of {way}: {}", slow.agreement(way))?;
        }
        for read in &reads {
            writeln!(out, "# {}", read.times(way))?;
        }
    }
    Ok(())
}

// ANCHOR: lab
/// Attaches a pair of programs, and reads from each file.
fn seen_by(
    lab: &Lab,
    object: &Object,
    pair: [&str; 2],
    ring: &RingBuffer<'_>,
    records: &RefCell<Vec<Vec<u8>>>,
) -> Result<Vec<Seen>> {
    let links = pair.map(|name| lab.attach_with(object, name, |program| program.attach()));
    let _links = links.into_iter().collect::<Result<Vec<_>>>()?;
    let mut seen = Vec::new();
    for (name, file) in [
        ("/dev/zero", File::open("/dev/zero")?),
        ("/dev/null", File::open("/dev/null")?),
        ("/proc, a folder", File::open("/proc")?),
        ("/dev/null, for writing", OpenOptions::new().write(true).open("/dev/null")?),
    ] {
        seen.push(read_once(name, &file, ring, records)?);
    }

    let (end, writer) = io::pipe()?;
    let late = thread::spawn(move || {
        thread::sleep(PAUSE);
        (&writer).write_all(b"late!")
    });
    seen.push(read_once("a pipe, filled late", &end, ring, records)?);
    let _ = late.join();
    Ok(seen)
}
// ANCHOR_END: lab

/// A read as this process and the programs saw it.
struct Seen {
    name: &'static str,
    result: i64,
    took: Duration,
    records: Vec<Vec<u8>>,
}

/// Reads once. The records of it are in the ring when the call returns.
fn read_once(
    name: &'static str,
    mut file: impl Read,
    ring: &RingBuffer<'_>,
    records: &RefCell<Vec<Vec<u8>>>,
) -> Result<Seen> {
    let mut buffer = [0; ASKED];
    let start = Instant::now();
    let result = file.read(&mut buffer);
    let took = start.elapsed();
    let result = match result {
        Ok(length) => length as i64,
        Err(error) => -i64::from(error.raw_os_error().unwrap_or(0)),
    };
    ring.consume().context("cannot read the ring buffer")?;
    Ok(Seen { name, result, took, records: records.take() })
}

impl Seen {
    /// What the program says of the result. There is one record.
    fn cell(&self, way: &str) -> String {
        let results: Vec<_> = self.of(way).filter_map(|record| result(record)).collect();
        if results.is_empty() { "nothing".to_owned() } else { results.join(" and ") }
    }

    fn times(&self, way: &str) -> String {
        let time = self.of(way).find_map(|record| u64_at(record, 0)).unwrap_or(0);
        format!("{}: {} ns in user space, {time} ns for {way}", self.name, self.took.as_nanos())
    }

    /// Whether the time of a program is possible: about as long as the pause, and no longer than what
    /// was measured around the call.
    fn agreement(&self, way: &str) -> &'static str {
        let time = self.of(way).find_map(|record| u64_at(record, 0)).map(Duration::from_nanos);
        match time {
            None => "there is none",
            // The writer may have begun its pause some time before.
            Some(time) if time < PAUSE / 2 => "too short",
            Some(time) if time > self.took => "longer than user space had to wait",
            Some(_) => "as long as user space had to wait",
        }
    }

    fn of(&self, way: &str) -> impl Iterator<Item = &Vec<u8>> {
        self.records.iter().filter(move |record| text_at(record, 24, 16).as_deref() == Some(way))
    }
}

/// `RESULT`, or `RESULT of ASKED` where the program knows what was asked for.
fn result(record: &[u8]) -> Option<String> {
    let (result, asked) = (u64_at(record, 8)? as i64, u64_at(record, 16)? as i64);
    Some(if asked < 0 { result.to_string() } else { format!("{result} of {asked}") })
}
