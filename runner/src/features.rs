//! Whether a kernel has what a lab needs, found out by trying.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use microvm::{Event, Stream};

use crate::engine::Session;
use crate::error::Error;

/// How long the trial may take.
const TRIAL: Duration = Duration::from_secs(15);

/// What is in the way of a lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// The kernel lacks a feature.
    Feature(String),
    /// The feature may be there, but the rights to use it are not.
    Rights(String),
}

/// Tries the features in the session's kernel with the `probe` program; the first that is lacking.
///
/// The answers are written beside the kernel's notes, so that each is found out once for a kernel.
pub fn probe(
    session: &mut dyn Session,
    probe: &Path,
    features: &[String],
) -> Result<Option<Lack>, Error> {
    if features.is_empty() {
        return Ok(None);
    }
    let notes = session.notes().map(|path| Notes::read(path, probe));
    if let Some(known) = notes.as_ref().and_then(|notes| notes.answers(features)) {
        return Ok(known.iter().find_map(|line| lack(line)));
    }
    let answer = ask(session, probe, features)?;
    if let Some(mut notes) = notes {
        notes.add(&answer);
    }
    Ok(answer.lines().find_map(lack))
}

fn ask(session: &mut dyn Session, probe: &Path, features: &[String]) -> Result<String, Error> {
    let mut argv = vec![session.install(probe)?];
    argv.extend_from_slice(features);
    let id = session.spawn(&argv, &[])?;
    let mut answer = Vec::new();
    let deadline = Instant::now() + TRIAL;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match session.next_event(left)? {
            Some(Event::Output { id: of, stream: Stream::Stdout, data }) if of == id => {
                answer.extend(data);
            }
            Some(Event::Exited { id: of, .. }) if of == id => break,
            Some(Event::Failed { id: Some(of), message }) if of == id => {
                return Err(failed(&message));
            }
            Some(_) => {}
            None => return Err(failed("it did not answer in time")),
        }
    }
    let answer = String::from_utf8_lossy(&answer).into_owned();
    if answer.lines().count() < features.len() {
        return Err(failed("it said less than it was asked"));
    }
    Ok(answer)
}

/// What is known of a kernel: a line that names the probe which found it out, then its answers.
struct Notes {
    path: PathBuf,
    text: String,
}

impl Notes {
    /// Reads the notes; those of another probe, or damaged ones, count as none.
    fn read(path: PathBuf, probe: &Path) -> Self {
        let length = fs::metadata(probe).map_or(0, |metadata| metadata.len());
        let modified = fs::metadata(probe).and_then(|metadata| metadata.modified()).ok();
        let header = format!("probe {length} {modified:?}\n");
        let text = fs::read_to_string(&path).ok().filter(|text| text.starts_with(&header));
        Self { path, text: text.unwrap_or(header) }
    }

    /// The answers for these features, if all are known.
    fn answers(&self, features: &[String]) -> Option<Vec<&str>> {
        let answer = |feature: &String| {
            let about = |line: &&str| line.split(' ').next() == Some(feature);
            self.text.lines().skip(1).find(about)
        };
        features.iter().map(answer).collect()
    }

    /// Writes the answers down. They can be found out again: a failure is none.
    fn add(&mut self, answer: &str) {
        self.text.push_str(answer);
        let part = self.path.with_extension(format!("notes-{}", std::process::id()));
        let written = fs::write(&part, &self.text).and_then(|()| fs::rename(&part, &self.path));
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
    }
}

fn failed(how: &str) -> Error {
    Error::unable(
        format!("The trial of the kernel's features failed: {how}."),
        "Is this machine very busy? Try again.",
    )
}

/// Reads a line such as `kprobe no: this kernel is built without kprobes`.
fn lack(line: &str) -> Option<Lack> {
    let (feature, answer) = line.split_once(' ')?;
    match answer.split_once(": ") {
        Some(("no", reason)) => Some(Lack::Feature(format!("{feature}: {reason}"))),
        Some(("denied", reason)) => Some(Lack::Rights(format!("{feature}: {reason}"))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_of_one_probe_only() {
        let folder = tempfile::tempdir().unwrap();
        let (probe, path) = (folder.path().join("probe"), folder.path().join("notes"));
        fs::write(&probe, "one").unwrap();
        let both = ["kprobe".to_string(), "xdp".to_string()];
        let mut notes = Notes::read(path.clone(), &probe);
        assert_eq!(notes.answers(&both), None);
        notes.add("kprobe yes\nxdp no: not built\n");
        let notes = Notes::read(path.clone(), &probe);
        assert_eq!(notes.answers(&both), Some(vec!["kprobe yes", "xdp no: not built"]));
        assert_eq!(notes.answers(&["btf".to_string()]), None);
        fs::write(&probe, "another").unwrap();
        assert_eq!(Notes::read(path, &probe).answers(&both), None);
    }

    #[test]
    fn only_a_reason_is_a_lack() {
        assert_eq!(lack("xdp yes"), None);
        assert_eq!(lack("kprobe no: not built"), Some(Lack::Feature("kprobe: not built".into())));
        assert_eq!(lack("btf denied: no rights"), Some(Lack::Rights("btf: no rights".into())));
    }
}
