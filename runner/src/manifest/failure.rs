//! Known mistakes, and the failures that they must show.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Fault, is_of_series};
use crate::stage::Stage;

/// A named mistake: an edit, and how the program fails with it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Break {
    /// What the learner types after `--break`.
    pub name: String,
    /// What the edit does, in one line.
    pub title: String,
    /// The edit, a unified diff against the BPF C, relative to the lab's folder.
    pub patch: String,
    /// Why it fails, and what to do instead.
    pub why: String,
    /// How it fails on most kernels.
    #[serde(flatten)]
    pub failure: DeclaredFailure,
    /// What is different about it on a kernel series such as `6.1`, or from one on, such as `6.12+`.
    #[serde(default)]
    pub on: BTreeMap<String, Difference>,
}

/// The failure that a break must show.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DeclaredFailure {
    /// Where it fails. [`Stage::Compare`] means: it runs, and prints something else.
    #[serde(default = "load")]
    pub stage: Stage,
    /// The verifier's category, for [`Stage::Load`].
    pub category: Option<String>,
    /// The deciding message; `?` stands for one character, `*` for any. One of them must match.
    #[serde(default)]
    pub message: Vec<String>,
    /// Text of the source line that is blamed.
    pub line: Option<String>,
    /// The program that is refused.
    pub program: Option<String>,
    /// It does not fail at all here: this kernel accepts it, and the lab passes.
    #[serde(default)]
    pub loads: bool,
}

fn load() -> Stage {
    Stage::Load
}

/// What is different about a failure on a kernel series; all else is as declared for the others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// See [`DeclaredFailure::stage`].
    pub stage: Option<Stage>,
    /// See [`DeclaredFailure::category`].
    pub category: Option<String>,
    /// See [`DeclaredFailure::message`].
    pub message: Option<Vec<String>>,
    /// See [`DeclaredFailure::line`].
    pub line: Option<String>,
    /// See [`DeclaredFailure::program`].
    pub program: Option<String>,
    /// See [`DeclaredFailure::loads`].
    pub loads: Option<bool>,
}

impl Break {
    /// How it fails on a kernel of this release. Of what fits, the most exact counts: `6.1` before `6`,
    /// both before `5.15+`, and that before `5.10+`.
    pub fn failure_on(&self, release: &str) -> DeclaredFailure {
        let fitting = self.on.iter().filter_map(|(series, difference)| {
            let from = series.strip_suffix('+');
            match from {
                Some(from) if numbers(release) >= numbers(from) => {
                    Some(((0, numbers(from)), difference))
                }
                None if is_of_series(release, series) => Some(((1, numbers(series)), difference)),
                _ => None,
            }
        });
        let mut failure = self.failure.clone();
        if let Some((_, difference)) = fitting.max_by_key(|(exactness, _)| *exactness) {
            difference.apply_to(&mut failure);
        }
        failure
    }

    /// What is wrong with the declaration itself.
    pub(super) fn check(&self) -> Result<(), Fault> {
        let failures = self.on.values().map(|difference| {
            let mut failure = self.failure.clone();
            difference.apply_to(&mut failure);
            failure
        });
        for failure in failures.chain([self.failure.clone()]) {
            if !failure.loads && failure.stage != Stage::Compare && failure.message.is_empty() {
                let message = format!(
                    "`{}` declares no message: add what must be said, as in message = [\"R? !read_ok\"]",
                    self.name
                );
                return Err(Fault::new(&format!("\"{}\"", self.name), message));
            }
        }
        Ok(())
    }
}

/// The first two numbers of a release or a series: 6 and 12 of `6.12.107`. What is missing is below 0, so
/// that `7` comes before `7.0`.
fn numbers(release: &str) -> (i64, i64) {
    let mut parts = release.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().ok());
    let mut next = || parts.next().flatten().unwrap_or(-1);
    (next(), next())
}

impl Difference {
    fn apply_to(&self, failure: &mut DeclaredFailure) {
        let this = self.clone();
        failure.stage = this.stage.unwrap_or(failure.stage);
        failure.message = this.message.unwrap_or_else(|| std::mem::take(&mut failure.message));
        failure.loads = this.loads.unwrap_or(failure.loads);
        failure.category = this.category.or_else(|| failure.category.take());
        failure.line = this.line.or_else(|| failure.line.take());
        failure.program = this.program.or_else(|| failure.program.take());
    }
}
