//! Results as JUnit XML, which most CI services show: a suite for each kernel, a case for each run.

use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestSuite};

use super::pool::Finished;
use crate::judge::Verdict;
use crate::render::text;
use crate::report::Report;

/// The results so far.
#[derive(Debug)]
pub struct Junit {
    suites: Vec<TestSuite>,
}

impl Junit {
    /// No results yet, on kernels by these names; with each its release, if it runs here.
    pub fn new<'a>(kernels: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> Self {
        let suite = |(name, release): (&str, Option<&str>)| {
            let mut suite = TestSuite::new(name);
            suite.properties.extend(release.map(|release| Property::new("release", release)));
            suite
        };
        Self { suites: kernels.into_iter().map(suite).collect() }
    }

    /// Takes a result in.
    pub fn add(&mut self, finished: &Finished) {
        let report = &finished.report;
        let name = match &report.attempt {
            None => "program".to_string(),
            Some(attempt) => attempt.label.clone(),
        };
        let mut case = TestCase::new(name, status(report));
        case.set_classname(report.lab.replace(' ', "."));
        case.set_time(finished.took);
        self.suites[finished.column].add_test_case(case);
    }

    /// The whole document. What was not run is not in it.
    pub fn render(self) -> String {
        let mut document = quick_junit::Report::new("labrunner");
        document.add_test_suites(self.suites);
        document.to_string().expect("names and messages are stripped of what XML forbids")
    }
}

fn status(report: &Report) -> TestCaseStatus {
    let mut status = match &report.verdict {
        Verdict::Pass => return TestCaseStatus::success(),
        Verdict::Skipped(_) => TestCaseStatus::skipped(),
        Verdict::Fail(_) | Verdict::Timeout { .. } => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
        Verdict::Environment(_) => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    match &report.verdict {
        Verdict::Pass => {}
        Verdict::Skipped(reason) => {
            status.set_message(reason.as_str());
        }
        Verdict::Environment(unable) => {
            status.set_message(unable.problem.as_str()).set_type("environment");
            let report = report.trouble.as_ref().map_or("", |trouble| trouble.report.as_str());
            status.set_description(format!("{unable}\n{report}").trim_end());
        }
        Verdict::Fail(failure) => {
            status.set_message(failure.message.as_str()).set_type(failure.stage.to_string());
            status.set_description(text::render(report, false));
        }
        Verdict::Timeout { stage, after } => {
            status.set_message(format!("still running after {:.1} s", after.as_secs_f64()));
            status.set_type(stage.to_string()).set_description(text::render(report, false));
        }
    }
    status
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::Unable;
    use crate::judge::Failure;
    use crate::report::Attempt;
    use crate::stage::{Stage, Timing};

    #[test]
    fn each_kernel_is_a_suite_and_each_run_a_case() {
        let mut junit = Junit::new([("6.1", Some("6.1.0")), ("7", None)]);
        let unable = Unable { problem: "No <QEMU>.".into(), fix: "Install it.".into() };
        let message = "it says \x1b[31mno\x07".into();
        let failure = Failure { stage: Stage::Compile, message, diff: None };
        for (column, verdict) in [
            (0, Verdict::Pass),
            (0, Verdict::Skipped("xdp: not built".into())),
            (1, Verdict::Environment(unable)),
            (1, Verdict::Fail(failure)),
        ] {
            let attempt = (verdict != Verdict::Pass).then(|| Attempt {
                label: "break license".into(),
                title: "Leave it out".into(),
                file: "hello.bpf.c".into(),
                why: Some("It is needed.".into()),
                ..Attempt::default()
            });
            let report = Report {
                summary: "Hello".into(),
                kernel: Some("6.1.0".into()),
                attempt,
                stages: vec![Timing { stage: Stage::Compile, took: Duration::from_millis(46) }],
                ..Report::with(verdict)
            };
            junit.add(&Finished { row: 0, column, report, took: Duration::from_millis(1500) });
        }
        insta::assert_snapshot!(junit.render(), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="labrunner" tests="4" skipped="1" failures="1" errors="1">
            <testsuite name="6.1" tests="2" skipped="1" errors="0" failures="0">
                <properties>
                    <property name="release" value="6.1.0"/>
                </properties>
                <testcase name="program" classname="ch2.hello" time="1.500"/>
                <testcase name="break license" classname="ch2.hello" time="1.500">
                    <skipped message="xdp: not built"/>
                </testcase>
            </testsuite>
            <testsuite name="7" tests="2" skipped="0" errors="1" failures="1">
                <testcase name="break license" classname="ch2.hello" time="1.500">
                    <error message="No &lt;QEMU&gt;." type="environment">No &lt;QEMU&gt;.
        Install it.</error>
                </testcase>
                <testcase name="break license" classname="ch2.hello" time="1.500">
                    <failure message="it says no" type="compile">ch2 hello · Hello
        Linux 6.1.0 in a fresh micro-VM

        break license: Leave it out
          in a copy of hello.bpf.c

        FAIL  at compile: it says �[31mno�  0.05 s: compile 46 ms
        It is needed.
        </failure>
                </testcase>
            </testsuite>
        </testsuites>
        "#);
    }
}
