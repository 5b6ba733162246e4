//! The kernel's trace pipe: where `bpf_printk` of every program on the machine goes.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use libbpf_rs::{MapCore, MapFlags, Object};

use crate::trace_event::{events, printed};
use crate::tracefs::Tracefs;

/// The trace pipe, opened for reading. What is read from it is gone: there is one for the machine.
#[derive(Debug)]
pub struct TracePipe {
    file: File,
    /// How the texts begin that are shown; none for all.
    beginnings: Option<Vec<Vec<u8>>>,
}

impl TracePipe {
    /// How often to look for new lines. The pipe can be polled, but on some kernels becomes readable
    /// only when its buffer is half full (tracefs' `buffer_percent`), which a few lines never do.
    pub const TICK: Duration = Duration::from_millis(50);

    /// How long one look may take. Others may write faster than we read, and signals are waiting.
    const TURN: Duration = Duration::from_millis(100);

    /// How long the last look may take.
    const REST: Duration = Duration::from_secs(1);

    /// Opens the pipe and drops what is in it: lines from before this lab.
    ///
    /// # Errors
    /// We are not root, or, on newer kernels, somebody else reads the pipe.
    pub fn open() -> Result<Self> {
        let mut pipe = Self { file: Tracefs::find()?.trace_pipe()?, beginnings: None };
        let deadline = Instant::now() + Self::REST;
        while !pipe.read()?.is_empty() && Instant::now() < deadline {}
        Ok(pipe)
    }

    /// As [`open`](Self::open), for the lines of one object: those that begin as one of its format
    /// strings does. For a program whose lines cannot be told by their process from those of others.
    ///
    /// # Errors
    /// As `open`; and the object's strings cannot be read.
    pub fn open_for(object: &Object) -> Result<Self> {
        let mut beginnings = None;
        // Here clang puts the strings, together with all other data that does not change.
        for map in object.maps().filter(|map| map.name().to_string_lossy().contains(".rodata")) {
            let value = map.lookup(&0u32.to_ne_bytes(), MapFlags::ANY);
            let value = value.context("cannot read the strings of the object")?;
            let found: &mut Vec<_> = beginnings.get_or_insert_default();
            found.extend(beginnings_in(&value.unwrap_or_default()));
        }
        Ok(Self { beginnings, ..Self::open()? })
    }

    /// Copies to standard output what programs have printed since the last look, as the kernel shows
    /// it. Does not wait. Events of other kinds, and notices of lost ones, become `# ` lines.
    ///
    /// # Errors
    /// The pipe cannot be read, or nobody reads our output.
    pub fn print(&mut self) -> Result<()> {
        self.print_until_empty(Self::TURN)?;
        Ok(())
    }

    /// As [`print`](Self::print), for the last time: with the programs detached, this is the rest.
    ///
    /// # Errors
    /// As `print`.
    pub fn print_rest(mut self) -> Result<()> {
        if !self.print_until_empty(Self::REST)? {
            writeln!(io::stdout(), "# others fill the trace pipe: what is left is not shown")?;
        }
        Ok(())
    }

    /// Whether the pipe became empty in the time given.
    fn print_until_empty(&mut self, time: Duration) -> Result<bool> {
        let deadline = Instant::now() + time;
        while Instant::now() < deadline {
            let read = self.read()?;
            if read.is_empty() {
                return Ok(true);
            }
            io::stdout().write_all(&self.shown(&read))?;
        }
        Ok(false)
    }

    /// One line for an event of ours. A line break within its text is shown as `\n`.
    fn shown(&self, read: &[u8]) -> Vec<u8> {
        let mut shown = Vec::with_capacity(read.len());
        for event in events(read) {
            let (begin, line_break): (_, &[u8]) = match printed(event) {
                Some(text) if self.is_ours(text) => ("", b"\\n"),
                _ => ("# ", b"\n# "),
            };
            shown.extend(begin.as_bytes());
            shown.extend(event.split(|&byte| byte == b'\n').collect::<Vec<_>>().join(line_break));
            shown.push(b'\n');
        }
        shown
    }

    fn is_ours(&self, text: &[u8]) -> bool {
        let begins = |all: &Vec<Vec<u8>>| all.iter().any(|begin| text.starts_with(begin));
        self.beginnings.as_ref().is_none_or(begins)
    }

    /// Some whole lines; nothing when the pipe is empty.
    fn read(&mut self) -> Result<Vec<u8>> {
        let mut lines = vec![0; 64 * 1024]; // the kernel gives whole lines to a buffer of a page or more
        loop {
            match self.file.read(&mut lines) {
                Ok(length) => {
                    lines.truncate(length);
                    return Ok(lines);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Vec::new()),
                Err(error) => return Err(error).context("cannot read the trace pipe"),
            }
        }
    }
}

/// The strings in a data section, each up to the first `%`: what is behind it, a format fills in.
fn beginnings_in(data: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let strings = data.split(|&byte| byte == 0).filter(|string| !string.is_empty());
    strings.map(|string| string.split(|&byte| byte == b'%').next().unwrap_or_default().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: &str = "
 stimulus-9 [000] ..s2. 1.0: bpf_trace_printk: Hello World 0
 stimulus-9 [000] ..s2. 1.1: bpf_trace_printk: Hello World 1
 and more

 sh-8 [001] ..... 1.2: tracing_mark_write: mark
 and more
CPU:1 [LOST 12 EVENTS]
 sh-8 [001] d..31 1.3: bpf_trace_printk: Goodbye
";

    fn shown(beginnings: Option<Vec<Vec<u8>>>) -> String {
        let file = File::open("/dev/null").unwrap();
        String::from_utf8(TracePipe { file, beginnings }.shown(&READ.as_bytes()[1..])).unwrap()
    }

    #[test]
    fn an_event_is_a_line_and_those_of_other_kinds_are_remarks() {
        let expected = r"
 stimulus-9 [000] ..s2. 1.0: bpf_trace_printk: Hello World 0
 stimulus-9 [000] ..s2. 1.1: bpf_trace_printk: Hello World 1\n and more\n
#  sh-8 [001] ..... 1.2: tracing_mark_write: mark
#  and more
# CPU:1 [LOST 12 EVENTS]
 sh-8 [001] d..31 1.3: bpf_trace_printk: Goodbye
";
        assert_eq!(format!("\n{}", shown(None)), expected);
    }

    #[test]
    fn lines_of_other_objects_are_remarks() {
        let ours: Vec<_> = beginnings_in(b"\x05\0\0\0Hello World %d\0").collect();
        assert_eq!(ours, [b"\x05".to_vec(), b"Hello World ".to_vec()]);
        let shown = shown(Some(ours));
        let ours: Vec<_> = shown.lines().filter(|line| !line.starts_with("# ")).collect();
        assert_eq!(ours.len(), 2, "{shown}");
        assert!(shown.contains("#  sh-8 [001] d..31 1.3: bpf_trace_printk: Goodbye"), "{shown}");
    }

    #[test]
    fn a_format_that_begins_with_a_number_begins_as_anything() {
        assert_eq!(beginnings_in(b"%d packets\0").collect::<Vec<_>>(), [b""]);
        assert_eq!(beginnings_in(b"\0\0").count(), 0);
    }
}
