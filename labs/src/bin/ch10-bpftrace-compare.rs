//! bpftrace-compare: three bpftrace one-liners, written out. What they print is what bpftrace prints.

use std::cell::RefCell;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::thread;

use anyhow::{Result, anyhow};
use labs::record::{text_at, u64_at};
use labs::{Lab, Usage};
use libbpf_rs::{MapCore, MapFlags, RingBufferBuilder};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Prints opens, counts calls, and draws a histogram of reads, all of its own threads.",
    flags: &[],
};

/// `TASK_COMM_LEN` of the kernel.
const COMM: usize = 16;
const FILENAME: usize = 64;
const SLOTS: u32 = 64;
const READS: [usize; 6] = [1, 3, 100, 1000, 1000, 4096];

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), bpftrace_compare)
}

// ANCHOR: lab
fn bpftrace_compare(lab: &Lab) -> Result<()> {
    let mut open = lab.open()?;
    lab.set_constant(&mut open, "only_pid", &std::process::id().to_ne_bytes())?;
    let object = lab.load(open)?;
    let zeroes = File::open("/dev/zero")?;
    let links = lab.attach(&object)?;
    lab.observe()?;
    make_events(zeroes)?;
    drop(links);

    say("1. printf(\"%s %s\\n\", comm, str(args->filename))")?;
    let printed = RefCell::new(Vec::new());
    let lines = lab.map(&object, "lines")?;
    let mut builder = RingBufferBuilder::new();
    builder.add(&lines, |record| {
        let texts = text_at(record, 0, COMM).zip(text_at(record, COMM, FILENAME));
        printed.borrow_mut().extend(texts.map(|(comm, filename)| format!("{comm} {filename}")));
        0
    })?;
    builder.build()?.consume()?;
    printed.borrow().iter().try_for_each(say)?;

    say("2. @[comm] = count()")?;
    show_by_comm("", &lab.map(&object, "calls_by_comm")?)?;

    say("3. @bytes = hist(args->ret)")?;
    let bytes = lab.map(&object, "bytes")?;
    for slot in 0..SLOTS {
        let count = bytes.lookup(&slot.to_ne_bytes(), MapFlags::ANY)?;
        if let Some(count @ 1..) = count.and_then(|count| u64_at(&count, 0)) {
            say(format_args!("{:<14} {count}", range(slot)))?;
        }
    }

    // For the exercise.
    if let Some(sums) = object.maps().find(|map| map.name() == "bytes_by_comm") {
        say("4. @sum[comm] = sum(args->ret)")?;
        show_by_comm("sum", &sums)?;
    }
    Ok(())
}
// ANCHOR_END: lab

/// The threads that are watched; their names are what the kernel calls `comm`.
fn make_events(mut zeroes: File) -> Result<()> {
    on_a_thread("opener", || {
        for path in ["/dev/null", "/dev/zero", "/no/such/file"] {
            drop(File::open(path)); // the attempt counts
        }
        Ok(())
    })?;
    for (name, times) in [("left", 3), ("right", 5)] {
        on_a_thread(name, move || {
            (0..times).for_each(|_| _ = rustix::process::getppid());
            Ok(())
        })?;
    }
    on_a_thread("reader", move || {
        READS.iter().try_for_each(|&size| Ok(zeroes.read_exact(&mut vec![0; size])?))
    })
}

fn on_a_thread(name: &str, work: impl FnOnce() -> Result<()> + Send + 'static) -> Result<()> {
    let thread = thread::Builder::new().name(name.to_owned()).spawn(work)?;
    thread.join().map_err(|_| anyhow!("the thread {name} panicked"))?
}

// ANCHOR: table
/// As bpftrace prints a map whose keys are names: sorted by value.
fn show_by_comm(map_name: &str, map: &impl MapCore) -> Result<()> {
    let mut rows = Vec::new();
    for key in map.keys() {
        let value = map.lookup(&key, MapFlags::ANY)?.and_then(|value| u64_at(&value, 0));
        let comm = text_at(&key, 0, COMM).unwrap_or_default().into_owned();
        rows.push((value.unwrap_or(0), comm));
    }
    rows.sort();
    rows.iter().try_for_each(|(value, comm)| say(format_args!("@{map_name}[{comm}]: {value}")))
}
// ANCHOR_END: table

/// The numbers that a slot of the histogram stands for.
fn range(slot: u32) -> String {
    match slot {
        0 | 1 => format!("[{slot}]"),
        _ => format!("[{}, {})", 1_u64 << (slot - 1), 1_u128 << slot),
    }
}

fn say(line: impl Display) -> Result<()> {
    Ok(writeln!(io::stdout(), "{line}")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_powers_of_two() {
        let shown: Vec<_> = [0, 1, 2, 3, 11].map(range).into();
        assert_eq!(shown, ["[0]", "[1]", "[2, 4)", "[4, 8)", "[1024, 2048)"]);
    }
}
