//! hello-perf: records of program starts through a perf event array, one buffer for each processor.

use std::cell::RefCell;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use labs::record::{text_at, u32_at, u64_at};
use labs::{Lab, Usage, Wake};
use libbpf_rs::{ErrorKind, PerfBuffer, PerfBufferBuilder};
use rustix::time::{ClockId, clock_gettime};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Prints a record of each program start, sent through a perf buffer of its processor.",
    flags: &[],
};

/// The size of a buffer, in pages of memory.
const PAGES: usize = 8;

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), hello_perf)
}

fn hello_perf(lab: &Lab) -> Result<()> {
    let object = lab.load(lab.open()?)?;
    let execs = lab.map(&object, "execs")?;

    let records = RefCell::new(Vec::new());
    let buffers = PerfBufferBuilder::new(&execs)
        .pages(PAGES)
        .sample_cb(|_cpu, record| records.borrow_mut().push(record.to_vec()))
        .lost_cb(|cpu, lost| {
            let _ = writeln!(io::stdout(), "{lost} records of processor {cpu} are lost");
        })
        .build()
        .context("cannot make the perf buffers")?;

    let links = lab.attach(&object)?;
    let mut wakeups = lab.observe()?;
    let mut before = 0;
    while wakeups.wait(Some(Duration::ZERO))? != Wake::End {
        let now = now();
        poll(&buffers)?;
        // A record of another processor may have been on its way while this one's buffer was read. What
        // is older than the poll before has come, from all of them.
        print_records(&records, before)?;
        before = now;
    }
    drop(links);
    buffers.consume().context("cannot read the perf buffers")?; // what was sent since the last look
    print_records(&records, u64::MAX)
}

/// Waits for records, but not for long: there are signals to be looked for as well.
fn poll(buffers: &PerfBuffer<'_>) -> Result<()> {
    match buffers.poll(Duration::from_millis(100)) {
        Err(error) if error.kind() != ErrorKind::Interrupted => {
            Err(error).context("cannot read the perf buffers")
        }
        _ => Ok(()),
    }
}

/// Prints each `struct exec_event` from before this time, in the order of their times, and keeps the
/// others.
fn print_records(records: &RefCell<Vec<Vec<u8>>>, before: u64) -> Result<()> {
    let mut records = records.borrow_mut();
    records.sort_by_key(|record| u64_at(record, 0));
    let due = records.partition_point(|record| u64_at(record, 0) < Some(before));
    let mut out = io::stdout().lock();
    for record in records.drain(..due) {
        let event = || {
            let (pid, uid) = (u32_at(&record, 8)?, u32_at(&record, 12)?);
            Some((pid, uid, text_at(&record, 16, 16)?, text_at(&record, 32, 12)?))
        };
        match event() {
            Some((pid, uid, command, message)) => {
                writeln!(out, "pid={pid} uid={uid} command={command} message={message}")?;
            }
            None => writeln!(out, "a record of {} bytes: it ends too early", record.len())?,
        }
    }
    Ok(())
}

/// The clock that bpf_ktime_get_ns reads.
fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
