//! Whether a kernel has what a lab needs, found out by trying.

use std::path::PathBuf;
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
pub fn probe(
    session: &mut dyn Session,
    probe: PathBuf,
    features: &[String],
) -> Result<Option<Lack>, Error> {
    if features.is_empty() {
        return Ok(None);
    }
    let mut argv = vec![session.install(&probe)?];
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
    let answer = String::from_utf8_lossy(&answer);
    if answer.lines().count() < features.len() {
        return Err(failed("it said less than it was asked"));
    }
    Ok(answer.lines().find_map(lack))
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
    fn only_a_reason_is_a_lack() {
        assert_eq!(lack("xdp yes"), None);
        assert_eq!(lack("kprobe no: not built"), Some(Lack::Feature("kprobe: not built".into())));
        assert_eq!(lack("btf denied: no rights"), Some(Lack::Rights("btf: no rights".into())));
    }
}
