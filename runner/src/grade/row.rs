//! One result: what came of one task of one submission.

use serde::{Deserialize, Serialize};

/// What came of it, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// It did what was expected.
    Pass,
    /// It did not, or was not handed in.
    Fail,
    /// It was still running after its deadline.
    Timeout,
    /// It was not run: what was handed in is nothing that is taken.
    Refused,
    /// The kernel lacks something that it needs. Not graded.
    Skipped,
    /// This machine could not run it. Not graded.
    Environment,
}

impl Mark {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Pass, Self::Fail, Self::Timeout, Self::Refused, Self::Skipped, Self::Environment];

    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Timeout => "timeout",
            Self::Refused => "refused",
            Self::Skipped => "skipped",
            Self::Environment => "environment",
        }
    }

    /// Whether it says something of the submission. What this machine could not do does not.
    pub fn is_graded(self) -> bool {
        !matches!(self, Self::Skipped | Self::Environment)
    }
}

/// One result. Its fields are part of the interface, in JSON and as columns of CSV.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The submission's name, which may have any characters in it.
    pub submission: String,
    /// `ch2/hello-map:gid`.
    pub task: String,
    /// What came of it.
    pub verdict: Mark,
    /// The stage in which it failed or hung; `submission` for what was not taken.
    pub stage: Option<String>,
    /// What failed, in one line.
    pub message: String,
    /// How long it took, all in all.
    pub seconds: f64,
    /// What it is worth; none where it was not graded.
    pub points: Option<f64>,
    /// What a pass is worth.
    pub out_of: f64,
    /// The release of the kernel that it ran on.
    pub kernel: Option<String>,
}

/// A result with what belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The result.
    #[serde(flatten)]
    pub row: Row,
    /// Its place among those of the submission.
    pub order: usize,
    /// What was planned, by which it is found again.
    pub cell: String,
    /// A digest of all that it depends on.
    pub key: String,
    /// What the learner would have seen.
    pub seen: String,
}

/// The results of one submission, added up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Total<'a> {
    /// Its name.
    pub submission: &'a str,
    /// Points that it has.
    pub points: f64,
    /// Points that it could have.
    pub out_of: f64,
    /// How many tasks it passed.
    pub passed: usize,
    /// How many it did not.
    pub failed: usize,
    /// How many could not be graded here.
    pub not_graded: usize,
}

/// The results by submission, which must stand together.
pub fn by_submission(entries: &[Entry]) -> impl Iterator<Item = &[Entry]> {
    entries.chunk_by(|one, other| one.row.submission == other.row.submission)
}

/// The total of the results of one submission.
pub fn total(entries: &[Entry]) -> Total<'_> {
    let count = |is: fn(Mark) -> bool| entries.iter().filter(|e| is(e.row.verdict)).count();
    Total {
        submission: entries.first().map_or("", |entry| &entry.row.submission),
        points: added(entries.iter().filter_map(|entry| entry.row.points)),
        out_of: added(entries.iter().map(|entry| entry.row.out_of)),
        passed: count(|mark| mark == Mark::Pass),
        failed: count(|mark| mark.is_graded() && mark != Mark::Pass),
        not_graded: count(|mark| !mark.is_graded()),
    }
}

/// The sum, without the last digits of a binary fraction.
fn added(points: impl Iterator<Item = f64>) -> f64 {
    (points.sum::<f64>() * 1000.0).round() / 1000.0
}

/// Puts results in the order of the submissions' names, and of the tasks in each.
pub fn sort(entries: &mut [Entry]) {
    entries.sort_by(|one, other| {
        let key = |entry: &Entry| (entry.row.submission.clone(), entry.order);
        key(one).cmp(&key(other))
    });
}

#[cfg(test)]
impl Entry {
    /// An entry with these values and none of the others.
    pub(crate) fn with(submission: &str, task: &str, verdict: Mark, message: &str) -> Self {
        let row = Row {
            submission: submission.into(),
            task: task.into(),
            verdict,
            stage: (verdict != Mark::Pass).then(|| "load".into()),
            message: message.into(),
            seconds: 0.5,
            points: verdict.is_graded().then_some(if verdict == Mark::Pass { 2.0 } else { 0.0 }),
            out_of: 2.0,
            kernel: Some("6.1.0".into()),
        };
        let seen = match verdict {
            Mark::Pass => "PASS\n".into(),
            _ => format!("FAIL  at load: {message}\n"),
        };
        Self { row, order: 0, cell: task.into(), key: "k".into(), seen }
    }
}
