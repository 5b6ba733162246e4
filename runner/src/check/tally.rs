//! How many runs passed, failed, were skipped, or could not be.

use std::time::Duration;

use crate::error::{FAILED, PASSED, UNAVAILABLE};
use crate::judge::Verdict;

/// The numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many were to run.
    pub planned: usize,
    /// Passed.
    pub passed: usize,
    /// Failed, or took too long.
    pub failed: usize,
    /// Not run, since the kernel lacks what the lab needs; never a pass.
    pub skipped: usize,
    /// Not run, since this machine could not.
    pub unable: usize,
}

impl Tally {
    /// Nothing of so many runs has ended yet.
    pub fn of(planned: usize) -> Self {
        Self { planned, ..Self::default() }
    }

    /// One run has ended.
    pub fn add(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Pass => self.passed += 1,
            Verdict::Fail(_) | Verdict::Timeout { .. } => self.failed += 1,
            Verdict::Skipped(_) => self.skipped += 1,
            Verdict::Environment(_) => self.unable += 1,
        }
    }

    /// How many have ended.
    pub fn done(&self) -> usize {
        self.passed + self.failed + self.skipped + self.unable
    }

    /// The exit status: a failure before what could not run; skips alone are no pass.
    pub fn exit_code(&self) -> u8 {
        if self.failed > 0 {
            FAILED
        } else if self.unable > 0 || self.done() < self.planned || self.passed == 0 {
            UNAVAILABLE
        } else {
            PASSED
        }
    }

    /// `120 passed, 5 skipped · 125 of 125 runs in 61.2 s, 2.0 a second`
    pub fn summary(&self, took: Duration) -> String {
        let counts = [
            (self.passed, "passed"),
            (self.failed, "failed"),
            (self.skipped, "skipped"),
            (self.unable, "could not run"),
            (self.planned - self.done(), "not run"),
        ];
        let named =
            counts.iter().enumerate().filter(|(place, (count, _))| *place == 0 || *count > 0);
        let named: Vec<String> =
            named.map(|(_, (count, name))| format!("{count} {name}")).collect();
        let (done, seconds) = (self.done(), took.as_secs_f64());
        let rate = done as f64 / seconds.max(0.001);
        format!(
            "{} · {done} of {} runs in {seconds:.1} s, {rate:.1} a second",
            named.join(", "),
            self.planned
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: usize, failed: usize, skipped: usize, unable: usize) -> Tally {
        Tally { planned: passed + failed + skipped + unable, passed, failed, skipped, unable }
    }

    #[test]
    fn the_exit_status_tells_the_worst() {
        for (tally, expected) in [
            (tally(3, 0, 0, 0), 0),
            (tally(3, 0, 2, 0), 0),
            (tally(0, 0, 2, 0), 69),
            (tally(3, 0, 0, 1), 69),
            (tally(3, 1, 0, 1), 1),
            (Tally { planned: 4, ..tally(3, 0, 0, 0) }, 69),
            (tally(0, 0, 0, 0), 69),
        ] {
            assert_eq!(tally.exit_code(), expected, "{tally:?}");
        }
    }

    #[test]
    fn what_there_is_none_of_is_left_out_of_the_summary() {
        let took = Duration::from_secs(2);
        insta::assert_snapshot!(tally(3, 0, 1, 0).summary(took), @"3 passed, 1 skipped · 4 of 4 runs in 2.0 s, 2.0 a second");
        let cut = Tally { planned: 9, ..tally(0, 1, 0, 2) };
        insta::assert_snapshot!(cut.summary(took), @"0 passed, 1 failed, 2 could not run, 6 not run · 3 of 9 runs in 2.0 s, 1.5 a second");
    }
}
