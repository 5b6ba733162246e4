//! Whether a kernel has what a lab needs, found out by trying.

use std::fs;
use std::path::Path;
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
/// Each `yes` is written into the kernel's notes, so that it is found out once for a kernel.
pub fn probe(
    session: &mut dyn Session,
    probe: &Path,
    features: &[String],
) -> Result<Option<Lack>, Error> {
    if features.is_empty() {
        return Ok(None);
    }
    let notes = session.notes().map(|text| Notes::read(text, probe));
    if notes.as_ref().is_some_and(|notes| notes.has(features)) {
        return Ok(None);
    }
    let answer = ask(session, probe, features)?;
    if let Some(mut notes) = notes
        && notes.add(&answer)
    {
        session.keep_notes(&notes.0);
    }
    if let Some(line) = answer.lines().find(|line| is_busy(line)) {
        return Err(busy(line));
    }
    Ok(answer.lines().find_map(lack))
}

fn ask(session: &mut dyn Session, probe: &Path, features: &[String]) -> Result<String, Error> {
    let mut argv = vec![session.install(probe)?];
    argv.extend_from_slice(features);
    let id = session.spawn(&argv, &[])?;
    let (mut answer, mut words) = (Vec::new(), Vec::new());
    let deadline = Instant::now() + TRIAL;
    let status = loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match session.next_event(left)? {
            Some(Event::Output { id: of, stream, data }) if of == id => match stream {
                Stream::Stdout => answer.extend(data),
                Stream::Stderr => words.extend(data),
            },
            Some(Event::Exited { id: of, status }) if of == id => break status,
            Some(Event::Failed { id: Some(of), message }) if of == id => {
                return Err(failed(&message));
            }
            Some(_) => {}
            None => return Err(too_slow()),
        }
    };
    let answer = String::from_utf8_lossy(&answer).into_owned();
    if answer.lines().count() < features.len() {
        let words = String::from_utf8_lossy(&words);
        return Err(failed(&format!("the probe ended with {status} and said: {}", words.trim())));
    }
    Ok(answer)
}

/// What is known of a kernel: a line that names the probe which found it out, then what is there, such
/// as `kprobe yes`. What is lacking is not written down: it may be so for a moment only, for want of
/// memory for example.
struct Notes(String);

impl Notes {
    /// Reads the notes; those of another probe, or damaged ones, count as none.
    fn read(text: String, probe: &Path) -> Self {
        let length = fs::metadata(probe).map_or(0, |metadata| metadata.len());
        let modified = fs::metadata(probe).and_then(|metadata| metadata.modified()).ok();
        let header = format!("probe {length} {modified:?}\n");
        Self(if text.starts_with(&header) { text } else { header })
    }

    /// Whether all these features are known to be there.
    fn has(&self, features: &[String]) -> bool {
        features.iter().all(|feature| self.has_line(&format!("{feature} yes")))
    }

    fn has_line(&self, line: &str) -> bool {
        self.0.lines().skip(1).any(|known| known == line)
    }

    /// Takes in what is there. Whether any of it is new.
    fn add(&mut self, answer: &str) -> bool {
        let new: Vec<&str> =
            answer.lines().filter(|line| line.ends_with(" yes") && !self.has_line(line)).collect();
        for line in &new {
            self.0.push_str(line);
            self.0.push('\n');
        }
        !new.is_empty()
    }
}

fn failed(how: &str) -> Error {
    Error::unable(
        format!("The trial of the kernel's features failed: {how}"),
        "This is a defect of the course or of the machine, not of your program.",
    )
}

fn too_slow() -> Error {
    Error::unable(
        format!("The trial of the kernel's features took more than {} s.", TRIAL.as_secs()),
        "Is this machine very busy? Try again.",
    )
}

/// Whether an answer is about somebody else who uses what can be used by one only (`EBUSY`).
fn is_busy(line: &str) -> bool {
    // The kernel's words, and those that the labs have for a trace pipe.
    let busy = ["resource busy", "another process reads it"];
    busy.iter().any(|words| line.contains(words)) && lack(line).is_some()
}

fn busy(line: &str) -> Error {
    Error::unable(
        format!("Another program uses what the lab needs for itself ({line})."),
        "End that program, or run the lab in a micro-VM (leave out `--on host`).",
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
        let probe = folder.path().join("probe");
        fs::write(&probe, "one").unwrap();
        let both = ["kprobe".to_string(), "xdp".to_string()];
        let mut notes = Notes::read(String::new(), &probe);
        assert!(!notes.has(&both));
        assert!(notes.add("kprobe yes\nxdp yes\n"));
        let notes = Notes::read(notes.0, &probe);
        assert!(notes.has(&both));
        assert!(!notes.has(&["btf".to_string()]));
        fs::write(&probe, "another").unwrap();
        assert!(!Notes::read(notes.0, &probe).has(&both));
    }

    #[test]
    fn what_is_lacking_is_asked_for_again() {
        let probe = Path::new("/no/probe");
        let both = ["kprobe".to_string(), "xdp".to_string()];
        let mut notes = Notes::read(String::new(), probe);
        notes.add("kprobe yes\nxdp no: Cannot allocate memory\n");
        let mut notes = Notes::read(notes.0, probe);
        assert!(!notes.has(&both));
        assert!(notes.has(&both[..1]));
        assert!(notes.add("kprobe yes\nxdp yes\n"));
        assert!(!notes.add("kprobe yes\nxdp yes\n"));
        let notes = Notes::read(notes.0, probe);
        assert!(notes.has(&both));
        assert_eq!(notes.0.matches("kprobe").count(), 1);
    }

    #[test]
    fn what_others_use_is_no_lack() {
        let reason = "trace-pipe no: cannot open the trace pipe: ";
        assert!(is_busy(&format!("{reason}Device or resource busy")));
        assert!(is_busy(&format!("{reason}another process reads it, and only one can")));
        assert!(!is_busy("trace-pipe no: tracing is switched off"));
        assert!(!is_busy("trace-pipe yes"));
    }

    #[test]
    fn only_a_reason_is_a_lack() {
        assert_eq!(lack("xdp yes"), None);
        assert_eq!(lack("kprobe no: not built"), Some(Lack::Feature("kprobe: not built".into())));
        assert_eq!(lack("btf denied: no rights"), Some(Lack::Rights("btf: no rights".into())));
    }
}
