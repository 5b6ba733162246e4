//! The table of opensnoop: one row for each open.

use std::io::{self, Write};
use std::time::Instant;

use anyhow::{Context, Result};
use libbpf_rs::{Object, OpenObject};

use crate::tracefs::Tracefs;
use crate::types::{Kind, Member, members};

/// Members of `struct event` that have a place in the table, or none. Those that a program has besides
/// become columns by themselves.
const KNOWN: [&str; 7] = ["time", "pid", "uid", "result", "flags", "comm", "path"];

/// The end of the name of a member that holds a time which passed.
const DURATION: &str = "_ns";

/// Which rows and columns are shown.
#[derive(Debug)]
pub struct Show {
    /// Text that must be in the name of the process.
    pub name: String,
    /// The flags of the open.
    pub flags: bool,
    /// The time since the first open.
    pub time: bool,
    /// The user.
    pub uid: bool,
    /// Of durations, only whether they are plausible: their values are different on every run.
    pub plausible: bool,
}

/// The table.
#[derive(Debug)]
pub struct Opens {
    show: Show,
    members: Vec<Member>,
    first: Option<u64>,
    since: Instant,
}

/// Leaves out the programs whose system call this architecture does not have, such as open(2) on arm64.
///
/// # Errors
/// The kernel's list of tracepoints cannot be read.
pub fn leave_out_missing_calls(object: &mut OpenObject) -> Result<()> {
    let tracefs = Tracefs::find()?;
    for mut program in object.progs_mut() {
        let section = program.section().to_string_lossy().into_owned();
        if let Some(event) = section.strip_prefix("tracepoint/") {
            program.set_autoload(!tracefs.text(&format!("events/{event}/id")).is_empty());
        }
    }
    Ok(())
}

impl Opens {
    /// A table for the `struct event` of this object.
    ///
    /// # Errors
    /// The object has no such structure.
    pub fn new(object: &Object, show: Show) -> Result<Self> {
        let members = members(object, "event")?.context("the object has no struct event")?;
        Ok(Self { show, members, first: None, since: Instant::now() })
    }

    /// The names of the columns.
    ///
    /// # Errors
    /// Nobody reads the output.
    pub fn print_header(&self) -> Result<()> {
        let time = if self.show.time { format!("{:<14} ", "TIME(s)") } else { String::new() };
        let uid = if self.show.uid { format!("{:<6} ", "UID") } else { String::new() };
        let flags = if self.show.flags { format!("{:<8} ", "FLAGS") } else { String::new() };
        let more: String =
            self.more().map(|member| format!("{:<8} ", title(&member.name))).collect();
        let (pid, comm) = ("PID", "COMM");
        Ok(writeln!(io::stdout(), "{time}{uid}{pid:<6} {comm:<16}  FD ERR {flags}{more}PATH")?)
    }

    /// The rows for these records.
    ///
    /// # Errors
    /// A record is too short; or nobody reads the output.
    pub fn print(&mut self, records: Vec<Vec<u8>>) -> Result<()> {
        let mut out = io::stdout().lock();
        for record in records {
            let row = self.row(&record).context("a record is too short")?;
            if let Some(row) = row {
                writeln!(out, "{row}")?;
            }
        }
        Ok(())
    }

    fn more(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| !KNOWN.contains(&member.name.as_str()))
    }

    /// A row; `Some(None)` for one that is not to be shown, none for a record that makes no sense.
    fn row(&mut self, record: &[u8]) -> Option<Option<String>> {
        let member = |name: &str| self.members.iter().find(|member| member.name == name);
        let number = |name: &str| member(name)?.number(record);
        let text = |name: &str| member(name)?.text(record);

        let (pid, comm) = (number("pid")?, text("comm")?);
        if !comm.contains(&self.show.name) {
            return Some(None);
        }
        let result: i64 = text("result")?.parse().ok()?;
        let (fd, error) = if result < 0 { (-1, -result) } else { (result, 0) };
        let time = match self.show.time {
            true => {
                let now = number("time")?;
                let first = *self.first.get_or_insert(now);
                format!("{:<14.9} ", now.saturating_sub(first) as f64 / 1e9)
            }
            false => String::new(),
        };
        let uid = if self.show.uid { format!("{:<6} ", number("uid")?) } else { String::new() };
        let flags =
            if self.show.flags { format!("{:08o} ", number("flags")?) } else { String::new() };
        let mut more = String::new();
        for member in self.more() {
            more += &format!("{:<8} ", self.cell(member, record)?);
        }
        let path = text("path")?;
        let row = format!("{time}{uid}{pid:<6} {comm:<16} {fd:>3} {error:>3} {flags}{more}{path}");
        Some(Some(row.chars().map(visible).collect()))
    }

    /// The cell of a member that we do not know.
    fn cell(&self, member: &Member, record: &[u8]) -> Option<String> {
        let text = member.text(record)?;
        if member.name.ends_with(DURATION) && member.kind == Kind::Unsigned {
            let took = member.number(record)?;
            if self.show.plausible {
                let possible = 1..self.since.elapsed().as_nanos() as u64;
                return Some(if possible.contains(&took) { "plausible" } else { "wrong" }.into());
            }
        }
        Some(text)
    }
}

/// A path may be any bytes: line breaks and such must not make a row of their own.
fn visible(c: char) -> char {
    if c.is_control() { '?' } else { c }
}

/// `duration_ns` → `DURATION_NS`.
fn title(name: &str) -> String {
    name.to_uppercase()
}
