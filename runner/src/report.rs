//! Everything that is to be said of one run. One report feeds every output format.

use microvm::Trouble;

use crate::course::Lab;
use crate::error::{FAILED, PASSED, UNAVAILABLE};
use crate::judge::Verdict;
use crate::outcome::Outcome;
use crate::stage::Timing;
use crate::subject::Subject;
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
    /// What was run other than the lab's own program and task.
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

/// A break, an exercise, or its solution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attempt {
    /// `break null-check`.
    pub label: String,
    /// What the edit does, or what is to be done.
    pub title: String,
    /// The task of an exercise that is the learner's to solve.
    pub task: Option<String>,
    /// Name of the mistake that was put in.
    pub broken: Option<String>,
    /// Name of the exercise.
    pub exercise: Option<String>,
    /// The course's own solution was put in.
    pub solution: bool,
    /// The edit as a unified diff without file names; empty where nothing was edited.
    pub diff: String,
    /// The file that was edited, relative to the course's root.
    pub file: String,
    /// Why a mistake fails.
    pub why: Option<String>,
    /// This kernel accepts the mistake.
    pub loads: bool,
}

/// A known mistake that a program of the learner's fails like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised {
    /// Its name.
    pub name: String,
    /// Why it fails, and what to do.
    pub why: String,
    /// Nothing but its output is like that of the mistake, which other mistakes may share.
    pub by_output: bool,
}

impl Report {
    /// A report on something that has not run yet; `diff` is the edit that is put in.
    pub fn new(lab: &Lab, subject: Subject<'_>, engine: &'static str, diff: String) -> Self {
        Self {
            lab: lab.title(),
            summary: lab.manifest.summary.clone(),
            engine,
            kernel: None,
            attempt: subject.attempt(lab, diff),
            warnings: String::new(),
            verdict: Verdict::Skipped("it did not run".into()),
            trouble: None,
            outcome: None,
            stages: Vec::new(),
            recognised: None,
            hint: None,
            learned: None,
            transcript: None,
        }
    }

    /// The exit status that tells the verdict to a shell.
    pub fn exit_code(&self) -> u8 {
        match self.verdict {
            Verdict::Pass => PASSED,
            Verdict::Fail(_) | Verdict::Timeout { .. } => FAILED,
            Verdict::Skipped(_) | Verdict::Environment(_) => UNAVAILABLE,
        }
    }
}

#[cfg(test)]
impl Report {
    /// A report with nothing but a verdict.
    pub(crate) fn with(verdict: Verdict) -> Self {
        Self {
            lab: "ch2 hello".into(),
            summary: String::new(),
            engine: "vm",
            kernel: None,
            attempt: None,
            warnings: String::new(),
            verdict,
            trouble: None,
            outcome: None,
            stages: Vec::new(),
            recognised: None,
            hint: None,
            learned: None,
            transcript: None,
        }
    }
}
