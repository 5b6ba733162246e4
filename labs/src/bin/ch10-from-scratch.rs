//! from-scratch: the user space half of a tool whose other half is written step by step. It shows what it
//! finds in the object: a table when there is a map for it, records when there is a ring buffer.

use std::cell::RefCell;
use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::record::{u32_at, u64_at};
use labs::types::{Member, members};
use labs::{Flag, Lab, Usage, Wake};
use libbpf_rs::{MapCore, MapFlags, Object, RingBufferBuilder};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Shows which programs are started, by whom, and how long they run.",
    flags: &[Flag {
        name: "only-uid",
        value: "UID",
        default: "1000",
        help: "whom to watch, if the program has a constant only_uid",
    }],
};

/// Members of records, in the order in which they are shown. All others follow in the order of the C.
const ORDER: [&str; 5] = ["pid", "uid", "comm", "file", "ran_ns"];

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), from_scratch)
}

// ANCHOR: lab
fn from_scratch(lab: &Lab) -> Result<()> {
    let only_uid = lab.uid_base() + lab.parsed::<u32>("only-uid")?;
    let mut open = lab.open()?;
    // A program without the constant watches everybody.
    let _ = lab.set_constant(&mut open, "only_uid", &only_uid.to_ne_bytes());
    let object = lab.load(open)?;
    let _links = lab.attach(&object)?;

    let starts = Records::of(&object, "start", "events", "event")?;
    let ends = Records::of(&object, "end", "ends", "end")?;
    let mut wakeups = lab.observe()?;
    while wakeups.wait(None)? != Wake::End {}

    for records in [&starts, &ends].into_iter().flatten() {
        records.show(&object)?;
    }
    match find(&object, "execs_by_uid") {
        Some(table) => show_table(&table)?,
        None if starts.is_none() => say("there are no maps yet: nothing is counted or recorded")?,
        None => {}
    }
    Ok(())
}
// ANCHOR_END: lab

/// A ring buffer and what its records consist of.
struct Records {
    what: &'static str,
    map: &'static str,
    members: Vec<Member>,
}

impl Records {
    /// None when the object has no such ring buffer.
    fn of(
        object: &Object,
        what: &'static str,
        map: &'static str,
        structure: &str,
    ) -> Result<Option<Self>> {
        if find(object, map).is_none() {
            return Ok(None);
        }
        let mut members = members(object, structure)?.with_context(|| {
            format!("the object does not describe struct {structure}: declare a global of it")
        })?;
        let place = |member: &Member| ORDER.iter().position(|name| *name == member.name);
        members.sort_by_key(|member| place(member).unwrap_or(ORDER.len()));
        Ok(Some(Self { what, map, members }))
    }

    /// One line for each record that is in the buffer.
    fn show(&self, object: &Object) -> Result<()> {
        let lines = RefCell::new(Vec::new());
        let map = find(object, self.map).context("the map is gone")?;
        let mut builder = RingBufferBuilder::new();
        builder.add(&map, |record| {
            lines.borrow_mut().push(self.line(record));
            0
        })?;
        builder.build()?.consume()?;
        lines.into_inner().iter().try_for_each(say)
    }

    /// `start pid=12 uid=0 comm=bash`. A duration is different on every run, so only whether it can be
    /// true is shown: between 1 microsecond and 10 seconds.
    fn line(&self, record: &[u8]) -> String {
        let mut line = self.what.to_owned();
        for member in &self.members {
            let text = match member.number(record) {
                Some(1_000..10_000_000_000) if member.name == "ran_ns" => "plausible".into(),
                _ => member.text(record).unwrap_or_else(|| "missing".into()),
            };
            line += &format!(" {}={text}", member.name);
        }
        line
    }
}

/// One line a user, sorted by user.
fn show_table(table: &impl MapCore) -> Result<()> {
    let mut rows = Vec::new();
    for key in table.keys() {
        let value = table.lookup(&key, MapFlags::ANY)?.unwrap_or_default();
        let row = u32_at(&key, 0).zip(u64_at(&value, 0));
        rows.push(row.context("execs_by_uid must have keys of type __u32, and values of __u64")?);
    }
    rows.sort();
    say("table:")?;
    rows.iter().try_for_each(|(uid, execs)| say(format_args!("uid={uid} execs={execs}")))
}

fn find<'a>(object: &'a Object, name: &str) -> Option<libbpf_rs::Map<'a>> {
    object.maps().find(|map| map.name() == name)
}

fn say(line: impl Display) -> Result<()> {
    Ok(writeln!(io::stdout(), "{line}")?)
}
