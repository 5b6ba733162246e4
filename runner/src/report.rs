//! Everything that is to be said of one run. One report feeds every output format.

use microvm::Trouble;

use crate::error::{FAILED, PASSED, UNAVAILABLE};
use crate::judge::Verdict;
use crate::outcome::Outcome;
use crate::stage::Timing;
use crate::transcript::Transcript;

/// The report on one run of one lab.
#[derive(Debug)]
pub struct Report {
    /// `ch2 hello-map`.
    pub lab: String,
    /// What the lab is about, in one line.
    pub summary: String,
    /// `vm` or `host`.
    pub engine: &'static str,
    /// Release of the kernel that it ran on, once that is known.
    pub kernel: Option<String>,
    /// The known mistake that was put in.
    pub attempt: Option<Attempt>,
    /// clang's warnings.
    pub warnings: String,
    /// The verdict.
    pub verdict: Verdict,
    /// What the kernel of the micro-VM complained of meanwhile.
    pub trouble: Option<Trouble>,
    /// What became of the program, if it came so far.
    pub outcome: Option<Outcome>,
    /// How long each stage took.
    pub stages: Vec<Timing>,
    /// The known mistake that the learner's own program fails like.
    pub recognised: Option<Recognised>,
    /// Where to look next, after a failure.
    pub hint: Option<String>,
    /// What was learned, after a pass.
    pub learned: Option<String>,
    /// What the lab did, word for word.
    pub transcript: Option<Transcript>,
}

/// A known mistake that was put in on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its name.
    pub name: String,
    /// What the edit does.
    pub title: String,
    /// The edit as a unified diff without file names.
    pub diff: String,
    /// The file that was edited, relative to the course's root.
    pub file: String,
    /// Why it fails.
    pub why: String,
    /// This kernel accepts it.
    pub loads: bool,
}

/// A known mistake that a program of the learner's fails like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised {
    /// Its name.
    pub name: String,
    /// Why it fails, and what to do.
    pub why: String,
}

impl Report {
    /// The exit status that tells the verdict to a shell.
    pub fn exit_code(&self) -> u8 {
        match self.verdict {
            Verdict::Pass => PASSED,
            Verdict::Fail(_) | Verdict::Timeout { .. } => FAILED,
            Verdict::Skipped(_) | Verdict::Environment(_) => UNAVAILABLE,
        }
    }
}
