//! What became of a program, read from the transcript of its run.

use std::time::Duration;

use crate::manifest::Keep;
use crate::normalise::{Stimulus, normalise};
use crate::refusal::Refusal;
use crate::stage::Stage;
use crate::transcript::{End, Transcript};

/// What became of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// clang does not compile it; clang's own words.
    DoesNotCompile(String),
    /// The lab gave up in this stage.
    Failed {
        /// Which stage.
        stage: Stage,
        /// What it said of it.
        message: String,
        /// All that it printed on standard error.
        stderr: String,
        /// What the verifier said, if it was the verifier.
        refusal: Option<Box<Refusal>>,
    },
    /// It ran to its end and printed this (normalised).
    Printed(String),
    /// It had to be ended.
    TimedOut {
        /// The stage in which it hung.
        stage: Stage,
        /// After how long.
        after: Duration,
    },
    /// With the program attached, the events that it is about could not be made.
    Disturbed {
        /// The stage in which that was.
        stage: Stage,
        /// What the stimulus said.
        how: String,
    },
    /// It printed more than this number of bytes and had to be ended.
    Flooded {
        /// The stage in which it did.
        stage: Stage,
        /// The limit in bytes.
        limit: usize,
    },
}

impl Outcome {
    /// Reads a transcript. `object` is what the lab loaded.
    pub fn of(transcript: &Transcript, keep: Keep, object: &[u8]) -> Self {
        let stage = transcript.reached;
        match &transcript.end {
            End::TimedOut(after) => Self::TimedOut { stage, after: *after },
            End::TooMuchOutput(limit) => Self::Flooded { stage, limit: *limit },
            End::Disturbed(how) => Self::Disturbed { stage, how: how.clone() },
            End::Exited(status) if status.success() => {
                let stimulus = Stimulus {
                    keep,
                    pids: &transcript.stimulus,
                    uid_base: transcript.uid_base,
                    shared: transcript.shared,
                };
                let mut printed = normalise(&transcript.stdout, &stimulus);
                if !transcript.events.is_empty() {
                    let events = transcript.events.join("\n");
                    printed += &normalise(format!("events:\n{events}\n").as_bytes(), &stimulus);
                }
                Self::Printed(printed)
            }
            End::Exited(status) => {
                let stderr = String::from_utf8_lossy(&transcript.stderr);
                let said = stderr.lines().rev().find_map(|line| line.strip_prefix("error: "));
                let message =
                    said.map_or_else(|| format!("the lab ended with {status}"), str::to_string);
                let refusal = Refusal::find(&stderr, object).map(Box::new);
                Self::Failed { stage, message, stderr: stderr.into_owned(), refusal }
            }
        }
    }
}
