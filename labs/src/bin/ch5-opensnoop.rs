//! opensnoop: which files are opened, by whom, and with which result.

use std::cell::RefCell;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use labs::opens::{Opens, Show};
use labs::{Flag, Lab, Letters, TracePipe, Usage, Wake};
use libbpf_rs::{ErrorKind, Object, OpenObject, RingBufferBuilder};

const fn flag(name: &'static str, value: &'static str, help: &'static str) -> Flag {
    Flag { name, value, default: "", help }
}

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Shows which files are opened, by whom, and with which result.",
    flags: &[
        flag("pid", "PID", "only this process"),
        flag("tid", "TID", "only this thread"),
        flag("uid", "UID", "only this user"),
        flag("failed", "", "only opens that fail"),
        flag("name", "NAME", "only processes with this text in their name"),
        flag("duration", "SECONDS", "end after this time"),
        flag("extended-fields", "", "also show the flags of the open, in octal"),
        flag("timestamp", "", "also show the time since the first open, in seconds"),
        flag("print-uid", "", "also show the user"),
        flag("trace", "", "at the end, show what the programs wrote with bpf_printk"),
        flag(
            "plausible",
            "",
            "of times that a program measured, show only whether they can be true",
        ),
    ],
};

const LETTERS: Letters = &[
    ('p', "pid"),
    ('t', "tid"),
    ('u', "uid"),
    ('x', "failed"),
    ('n', "name"),
    ('d', "duration"),
    ('e', "extended-fields"),
    ('T', "timestamp"),
    ('U', "print-uid"),
];

fn main() -> ExitCode {
    labs::run_with_letters(&USAGE, LETTERS, labs::object!(), opensnoop)
}

// ANCHOR: lab
fn opensnoop(lab: &Lab) -> Result<()> {
    let time: Option<f64> = lab.parsed_if_given("duration")?;
    let time = time.map(Duration::try_from_secs_f64).transpose().context("the duration")?;

    let mut object = lab.open()?;
    configure(lab, &mut object)?;
    labs::opens::leave_out_missing_calls(&mut object)?;
    let object = lab.load(object)?;

    let mut opens = Opens::new(&object, show(lab))?;
    let records = RefCell::new(Vec::new());
    let mut builder = RingBufferBuilder::new();
    let events = lab.map(&object, "events")?;
    builder.add(&events, |record| {
        records.borrow_mut().push(record.to_vec());
        0
    })?;
    let ring = builder.build().context("cannot map the ring buffer")?;
    let trace = lab.is_on("trace").then(TracePipe::open).transpose()?;

    let links = lab.attach_loaded(&object)?;
    let mut wakeups = lab.observe()?;
    opens.print_header()?;
    let deadline = time.and_then(|time| Instant::now().checked_add(time));
    while wakeups.wait(Some(Duration::ZERO))? != Wake::End
        && deadline.is_none_or(|deadline| Instant::now() < deadline)
    {
        match ring.poll(Duration::from_millis(100)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => {
                return Err(error).context("cannot read the ring buffer");
            }
            _ => opens.print(records.take())?,
        }
    }
    drop(links);
    ring.consume().context("cannot read the ring buffer")?; // what came since the last look
    opens.print(records.take())?;
    print_lost(lab, &object)?;
    trace.map_or(Ok(()), |trace| {
        writeln!(io::stdout())?;
        trace.print_rest()
    })
}

/// Gives the filters of the programs their values: they are constants from the load on.
fn configure(lab: &Lab, object: &mut OpenObject) -> Result<()> {
    for (flag, constant) in [("pid", "only_pid"), ("tid", "only_tid"), ("uid", "only_uid")] {
        if let Some(value) = lab.parsed_if_given::<u32>(flag)? {
            lab.set_constant(object, constant, &value.to_ne_bytes())?;
        }
    }
    if lab.is_on("failed") {
        lab.set_constant(object, "failed_only", &[1])?;
    }
    lab.set_constant(object, "own_pid", &std::process::id().to_ne_bytes())
}
// ANCHOR_END: lab

fn show(lab: &Lab) -> Show {
    Show {
        name: lab.flag("name").to_owned(),
        flags: lab.is_on("extended-fields"),
        time: lab.is_on("timestamp"),
        uid: lab.is_on("print-uid"),
        plausible: lab.is_on("plausible"),
    }
}

/// Says how many opens were not shown because there was no room for them.
fn print_lost(lab: &Lab, object: &Object) -> Result<()> {
    let lost = lab.variable(object, ".bss", "lost")?;
    let lost = lost.and_then(|bytes| labs::record::u64_at(&bytes, 0)).unwrap_or(0);
    if lost > 0 {
        writeln!(io::stdout(), "# {lost} opens were lost: they came faster than they were read")?;
    }
    Ok(())
}
