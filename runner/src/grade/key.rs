//! Digests of what a result depends on: with the same, it need not be found again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::handed_in::Files;
use super::task::Task;
use crate::compile::FLAGS;
use crate::confine::view;
use crate::course::{Course, Lab};
use crate::expected;
use crate::programs::Programs;

/// A digest of pieces, each with its length, so that no two lists of pieces have the same text.
pub fn digest<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = Sha256::new();
    for piece in pieces {
        hasher.update((piece.len() as u64).to_le_bytes());
        hasher.update(piece);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The digests of the labs that were asked for.
#[derive(Debug, Default)]
pub struct Labs(Mutex<BTreeMap<String, String>>);

impl Labs {
    /// A digest of all of the course that a result depends on: the lab's folder, what is expected, headers,
    /// and the programs that run in the machine.
    pub fn digest(&self, course: &Course, programs: &Programs, lab: &Lab) -> String {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(lab.stem()).or_insert_with(|| of_lab(course, programs, lab)).clone()
    }
}

fn of_lab(course: &Course, programs: &Programs, lab: &Lab) -> String {
    let root = &course.root;
    let mut files = vec![root.join(FLAGS), root.join(lab.folder.join("lab.toml"))];
    files.push(root.join(lab.source()));
    files.extend(view::headers(&root.join("labs-bpf/include")));
    files.extend(view::headers(&root.join(&lab.folder)));
    files.extend(snapshots(&root.join(expected::FOLDER), &lab.stem()));
    files.extend(
        [&*lab.binary(), "stimulus", "probe", "labrunner-guest"].map(|name| programs.path(name)),
    );
    let contents: Vec<Vec<u8>> =
        files.iter().map(|file| fs::read(file).unwrap_or_default()).collect();
    digest(contents.iter().map(Vec::as_slice))
}

/// What is expected of a lab; perhaps of one whose name begins the same, too, which does no harm.
fn snapshots(folder: &Path, stem: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_of = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(stem))
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_of).collect();
    paths.sort();
    paths
}

/// The key of a result: what was handed in, and everything around it.
pub fn of(task: &Task<'_>, lab: &str, around: &[&str], files: &Files) -> String {
    let points = task.points.to_le_bytes();
    let (source, program) = (files.source.as_deref(), files.program.as_deref());
    let mut pieces: Vec<&[u8]> =
        vec![env!("CARGO_PKG_VERSION").as_bytes(), lab.as_bytes(), &points];
    pieces.extend(around.iter().map(|text| text.as_bytes()));
    pieces.extend([source.unwrap_or_default().as_bytes(), program.unwrap_or_default()]);
    digest(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_do_not_run_into_each_other() {
        let two = |one: &'static [u8], other: &'static [u8]| digest([one, other]);
        assert_eq!(two(b"ab", b"c"), two(b"ab", b"c"));
        assert_ne!(two(b"ab", b"c"), two(b"a", b"bc"));
        assert_ne!(two(b"ab", b""), two(b"", b"ab"));
    }
}
