//! The folder of results.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::journal::{self, Header, Journal};
use super::row::{Entry, by_submission};
use super::{csv, handout, json, junit, key};
use crate::error::Error;
use crate::versioned;

/// Where each submission's report is.
const REPORTS: &str = "reports";

/// A folder of results that nobody else writes meanwhile.
#[derive(Debug)]
pub struct Output {
    path: PathBuf,
    _lock: File,
}

/// What to do with results that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// There must be none.
    None,
    /// Go on from them.
    Resume,
    /// Throw them away.
    Overwrite,
}

impl Output {
    /// Opens the folder, which is made if it is not there, and reads the results that are to be gone on
    /// from.
    ///
    /// # Errors
    /// It cannot be used, is used, or has results that are not to be touched.
    pub fn open(path: &Path, before: Before) -> Result<(Self, Option<Journal>), Error> {
        fs::create_dir_all(path.join(REPORTS)).map_err(|e| cannot_write(path, &e))?;
        let lock = File::open(path).map_err(|e| cannot_write(path, &e))?;
        // A file system that cannot lock a folder is no reason to grade nothing.
        if let Err(rustix::io::Errno::WOULDBLOCK) =
            flock(&lock, FlockOperation::NonBlockingLockExclusive)
        {
            return Err(Error::Usage(format!(
                "Another labrunner is grading into {}. Wait for its end, or name another folder: --out",
                path.display()
            )));
        }
        let journal = match before {
            Before::Overwrite => None,
            _ => journal::read(path).map_err(|why| {
                Error::Usage(format!(
                    "{why}.\nName another folder (--out), or begin again (--overwrite)."
                ))
            })?,
        };
        if before == Before::None && journal.is_some() {
            return Err(Error::Usage(format!(
                "{} has results already. Go on from them with --resume, throw them away with \
                 --overwrite, or name another folder: --out",
                path.display()
            )));
        }
        let path = path.canonicalize().map_err(|e| cannot_write(path, &e))?;
        Ok((Self { path, _lock: lock }, journal))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins the journal.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn journal(&self, header: &Header, known: &[Entry]) -> Result<journal::Writer, Error> {
        journal::Writer::begin(&self.path, header, known).map_err(|e| cannot_write(&self.path, &e))
    }

    /// Writes all files of results, each as a whole. The entries are in order.
    ///
    /// # Errors
    /// One cannot be written.
    pub fn write(&self, header: &Header, entries: &[Entry]) -> Result<(), Error> {
        let files = [
            ("results.csv", csv::results(entries)),
            ("totals.csv", csv::totals(entries)),
            ("results.json", json::document(header, entries)),
            ("junit.xml", junit::document(header, entries)),
        ];
        let files = files.map(|(name, text)| (PathBuf::from(name), text));
        let reports = by_submission(entries).map(|entries| {
            let name = &entries[0].row.submission;
            let file = Path::new(REPORTS).join(format!("{}.md", file_name(name)));
            (file, handout::render(header, entries))
        });
        for (name, text) in reports.chain(files) {
            let path = self.path.join(name);
            versioned::write(&path, &text).map_err(|e| cannot_write(&path, &e))?;
        }
        Ok(())
    }
}

/// What to say when results cannot be written.
pub fn cannot_write(path: &Path, error: &io::Error) -> Error {
    Error::unable(
        format!("cannot write {}: {error}.", path.display()),
        "Is the disk full, or the folder somebody else's? Results so far are in the journal: go on with \
         --resume.",
    )
}

/// A file name for a submission: its own name if that is harmless everywhere, otherwise what is harmless of
/// it, and a digest.
pub fn file_name(submission: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let plain: String =
        submission.chars().map(|c| if is_plain(c) { c } else { '_' }).take(80).collect();
    let harmless = plain == submission && !plain.starts_with(['.', '-']) && !plain.is_empty();
    if harmless {
        return plain;
    }
    let digest = key::digest([submission.as_bytes()]);
    format!("_{}-{}", plain.trim_start_matches(['.', '-', '_']), &digest[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_harmless_and_stay_apart() {
        assert_eq!(file_name("alice_2.b-c"), "alice_2.b-c");
        for name in
            ["a/b", "a_b/", "..", "-rf", "a\nb", "=cmd()", "é", "", ".hidden", &"x".repeat(200)]
        {
            let file = file_name(name);
            assert!(file.starts_with('_') && file.len() <= 100, "{name}: {file}");
            assert!(!file.contains(['/', '\n', '=']), "{file}");
        }
        assert_ne!(file_name("a/b"), file_name("a\nb"));
    }
}
