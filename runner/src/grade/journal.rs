//! The results so far, one JSON object a line: what survives when a run is ended in the middle.
//!
//! The first line says what the run is. Each result is appended when it is there, and is on the disk before
//! the next one is. A line that was only half written when the machine went down is passed over.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::row::Entry;
use super::shard::Shard;

/// Name of the file.
pub const NAME: &str = "journal.jsonl";

/// Version of its format.
pub const VERSION: u32 = 1;

/// What the run is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`VERSION`].
    pub journal: u32,
    /// Title of the assignment.
    pub title: Option<String>,
    /// What is graded of every submission; `None` for what each has changed.
    pub tasks: Option<Vec<String>>,
    /// The kernel series.
    pub kernel: String,
    /// The part of the class.
    pub shard: Option<Shard>,
    /// How many submissions the whole class has.
    pub class: usize,
}

/// A journal as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Journal {
    /// What the run was.
    pub header: Header,
    /// Its results; of several for one thing the last.
    pub entries: Vec<Entry>,
}

/// Reads a journal; `None` if there is none.
///
/// # Errors
/// One sentence: it cannot be read, is of another version, or is no journal.
pub fn read(folder: &Path) -> Result<Option<Journal>, String> {
    let path = folder.join(NAME);
    let bytes = match fs::read(&path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read.map_err(|e| format!("{} cannot be read: {e}", path.display()))?,
    };
    parse(&String::from_utf8_lossy(&bytes))
        .map(Some)
        .map_err(|why| format!("{} {why}", path.display()))
}

fn parse(text: &str) -> Result<Journal, String> {
    let mut lines = text.lines();
    let first: serde_json::Value = lines
        .next()
        .and_then(|line| serde_json::from_str(line).ok())
        .ok_or("is no journal of labrunner grade")?;
    if first["journal"] != VERSION {
        return Err(format!(
            "is a journal of version {}; this labrunner knows {VERSION}",
            first["journal"]
        ));
    }
    let header =
        serde_json::from_value(first).map_err(|e| format!("has no sound first line: {e}"))?;
    let mut entries: Vec<Entry> = Vec::new();
    for entry in lines.filter_map(|line| serde_json::from_str::<Entry>(line).ok()) {
        let same = |known: &Entry| {
            known.row.submission == entry.row.submission && known.cell == entry.cell
        };
        entries.retain(|known| !same(known));
        entries.push(entry);
    }
    Ok(Journal { header, entries })
}

/// A journal that is written.
#[derive(Debug)]
pub struct Writer(File);

impl Writer {
    /// Begins one with what is known already, in place of the one that was there.
    ///
    /// # Errors
    /// It cannot be written; then the one that was there still is.
    pub fn begin(folder: &Path, header: &Header, known: &[Entry]) -> io::Result<Self> {
        let mut text = line(header)?;
        for entry in known {
            text += &line(entry)?;
        }
        let path = folder.join(NAME);
        crate::versioned::write(&path, &text)?;
        OpenOptions::new().append(true).open(&path).map(Self)
    }

    /// Writes a result down. When this returns it is on the disk.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn add(&mut self, entry: &Entry) -> io::Result<()> {
        self.0.write_all(line(entry)?.as_bytes())?;
        self.0.sync_data()
    }
}

fn line(value: &impl Serialize) -> io::Result<String> {
    serde_json::to_string(value).map(|line| line + "\n").map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grade::row::Mark;

    fn header() -> Header {
        Header {
            journal: VERSION,
            title: None,
            tasks: Some(vec!["ch2/hello".into()]),
            kernel: "6.1".into(),
            shard: Some(Shard { index: 1, count: 2 }),
            class: 3,
        }
    }

    #[test]
    fn what_was_written_is_read_back_and_the_last_one_counts() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()), Ok(None));
        let alice = Entry::with("ali\nce", "ch2/hello", Mark::Environment, "no");
        let bob = Entry::with("bob", "ch2/hello", Mark::Fail, "=1+1");
        let mut writer = Writer::begin(folder.path(), &header(), &[alice, bob.clone()]).unwrap();
        let alice = Entry::with("ali\nce", "ch2/hello", Mark::Pass, "");
        writer.add(&alice).unwrap();
        let journal = read(folder.path()).unwrap().unwrap();
        assert_eq!(journal, Journal { header: header(), entries: vec![bob, alice] });
    }

    #[test]
    fn a_line_that_was_cut_off_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let bob = Entry::with("bob", "ch2/hello", Mark::Pass, "");
        drop(Writer::begin(folder.path(), &header(), std::slice::from_ref(&bob)).unwrap());
        let path = folder.path().join(NAME);
        let whole = fs::read_to_string(&path).unwrap();
        for cut in [1, 10, whole.lines().last().unwrap().len() / 2] {
            fs::write(&path, format!("{whole}{}", &whole.lines().last().unwrap()[..cut])).unwrap();
            assert_eq!(read(folder.path()).unwrap().unwrap().entries, std::slice::from_ref(&bob));
        }
    }

    #[test]
    fn what_is_no_journal_is_said_to_be_none() {
        for (text, expected) in [
            ("", "is no journal of labrunner grade"),
            ("submission,task\n", "is no journal of labrunner grade"),
            ("{\"journal\":2}\n", "is a journal of version 2; this labrunner knows 1"),
            ("{\"journal\":1}\n", "has no sound first line"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
