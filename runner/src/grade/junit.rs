//! Results as JUnit XML, which most CI services show: a suite for each submission, a case for each task. No
//! I/O.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::journal::Header;
use super::row::{Entry, Mark, by_submission};

/// The whole document.
pub fn document(header: &Header, entries: &[Entry]) -> String {
    let mut document = Report::new(header.title.as_deref().unwrap_or("labrunner grade"));
    for entries in by_submission(entries) {
        let mut suite = TestSuite::new(entries[0].row.submission.as_str());
        suite.add_test_cases(entries.iter().map(case));
        document.add_test_suite(suite);
    }
    document.to_string().expect("names and messages are stripped of what XML forbids")
}

fn case(entry: &Entry) -> TestCase {
    let row = &entry.row;
    let mut case = TestCase::new(row.task.as_str(), status(entry));
    case.set_classname(row.submission.as_str());
    case.set_time(Duration::from_secs_f64(row.seconds.max(0.0)));
    case
}

fn status(entry: &Entry) -> TestCaseStatus {
    let row = &entry.row;
    let mut status = match row.verdict {
        Mark::Pass => return TestCaseStatus::success(),
        Mark::Skipped => TestCaseStatus::skipped(),
        Mark::Environment => TestCaseStatus::non_success(NonSuccessKind::Error),
        Mark::Fail | Mark::Timeout | Mark::Refused => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
    };
    status.set_message(row.message.as_str());
    if row.verdict != Mark::Skipped {
        status.set_type(row.stage.as_deref().unwrap_or(row.verdict.name()));
        status.set_description(entry.seen.as_str());
    }
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grade::journal::VERSION;

    #[test]
    fn each_submission_is_a_suite() {
        let header = Header {
            journal: VERSION,
            title: None,
            tasks: None,
            kernel: "6.1".into(),
            shard: None,
            class: 2,
        };
        let entries = [
            Entry::with("alice", "ch2/hello", Mark::Pass, ""),
            Entry::with("<bob>\x07", "ch2/hello", Mark::Refused, "a \"link\""),
            Entry::with("<bob>\x07", "ch2/hello:x", Mark::Environment, "no"),
            Entry::with("<bob>\x07", "ch2/hello:y", Mark::Skipped, "xdp"),
        ];
        insta::assert_snapshot!(document(&header, &entries), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="labrunner grade" tests="4" skipped="1" failures="1" errors="1">
            <testsuite name="alice" tests="1" skipped="0" errors="0" failures="0">
                <testcase name="ch2/hello" classname="alice" time="0.500"/>
            </testsuite>
            <testsuite name="&lt;bob&gt;" tests="3" skipped="1" errors="1" failures="1">
                <testcase name="ch2/hello" classname="&lt;bob&gt;" time="0.500">
                    <failure message="a &quot;link&quot;" type="load">FAIL  at load: a &quot;link&quot;
        </failure>
                </testcase>
                <testcase name="ch2/hello:x" classname="&lt;bob&gt;" time="0.500">
                    <error message="no" type="load">FAIL  at load: no
        </error>
                </testcase>
                <testcase name="ch2/hello:y" classname="&lt;bob&gt;" time="0.500">
                    <skipped message="xdp"/>
                </testcase>
            </testsuite>
        </testsuites>
        "#);
    }
}
