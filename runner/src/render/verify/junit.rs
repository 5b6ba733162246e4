//! The results as JUnit XML: a suite for each kernel, a case for each program.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use crate::render::explain;
use crate::verify::{Attempt, Column, Cost, Program, Verified};

/// The whole document.
pub fn render(verified: &Verified) -> String {
    let mut document = Report::new("labrunner verify");
    document.add_test_suites(verified.columns.iter().map(|column| suite(column, &verified.file)));
    document.to_string().expect("names and messages are stripped of what XML forbids")
}

fn suite(column: &Column, file: &str) -> TestSuite {
    let mut suite = TestSuite::new(column.series.as_str());
    let release = column.release.as_deref();
    suite.properties.extend(release.map(|release| Property::new("release", release)));
    match &column.programs {
        Ok(programs) => {
            let tried =
                programs.iter().filter_map(|program| Some((program, program.now.as_ref()?)));
            suite.add_test_cases(tried.map(|(program, now)| case(program, now, file)));
        }
        Err(unable) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(unable.problem.as_str()).set_type("environment");
            status.set_description(unable.to_string());
            let mut case = TestCase::new("kernel", status);
            case.set_classname(file);
            suite.add_test_case(case);
        }
    }
    suite
}

fn case(program: &Program, now: &Attempt, file: &str) -> TestCase {
    let mut case = TestCase::new(program.name.as_str(), status(program, now));
    case.set_classname(file);
    let cost = now.cost.as_ref();
    let us = cost.and_then(|cost| cost.us).unwrap_or_default();
    case.set_time(Duration::from_micros(us));
    case.properties.push(Property::new("section", program.section.as_str()));
    if let Some(Cost { insns, states, .. }) = cost {
        case.properties.push(Property::new("insns", insns.to_string()));
        case.properties.push(Property::new("states", states.to_string()));
    }
    let stack = cost.and_then(|cost| cost.stack.as_deref());
    case.properties.extend(stack.map(|stack| Property::new("stack", stack)));
    case
}

fn status(program: &Program, now: &Attempt) -> TestCaseStatus {
    if now.loads() {
        return TestCaseStatus::success();
    }
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let new = program.before.as_ref().is_some_and(Attempt::loads);
    let since = if new { " (it did load before)" } else { "" };
    status.set_message(format!("{}{since}", now.reason)).set_type("refused");
    let whole = now.refusal.as_ref().map(explain::text);
    status.set_description(whole.unwrap_or_else(|| now.reason.clone()));
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::tests::{column, impossible, loads, program, refused, unable, verified};

    #[test]
    fn a_suite_for_each_kernel_and_a_case_for_each_program() {
        colored::control::set_override(false);
        let programs = vec![
            program("good", Some(loads(23, "16+8")), None),
            program("bad", Some(refused()), Some(loads(1, "0"))),
            program("none", Some(impossible()), None),
            program("gone", None, Some(loads(1, "0"))),
        ];
        let columns = vec![column("6.1", programs), unable("7")];
        insta::assert_snapshot!(render(&verified(Some("old.o"), columns)), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="labrunner verify" tests="4" skipped="0" failures="2" errors="1">
            <testsuite name="6.1" tests="3" skipped="0" errors="0" failures="2">
                <properties>
                    <property name="release" value="6.1.0-test"/>
                </properties>
                <testcase name="good" classname="my/x.bpf.o" time="0.000">
                    <properties>
                        <property name="section" value="xdp"/>
                        <property name="insns" value="23"/>
                        <property name="states" value="2"/>
                        <property name="stack" value="16+8"/>
                    </properties>
                </testcase>
                <testcase name="bad" classname="my/x.bpf.o" time="0.000">
                    <properties>
                        <property name="section" value="xdp"/>
                        <property name="insns" value="7"/>
                        <property name="states" value="2"/>
                        <property name="stack" value="8"/>
                    </properties>
                    <failure message="the moon is full (it did load before)" type="refused">error: the moon is full
         --&gt; 7: r1 = *(u64 *)(r0 +0)
          |
          = program: count
          = kernel: the moon is full
          = note: this message is not known here; above is what the log says for certain
        </failure>
                </testcase>
                <testcase name="none" classname="my/x.bpf.o" time="0.000">
                    <properties>
                        <property name="section" value="xdp"/>
                    </properties>
                    <failure message="extern (func ksym) &apos;f&apos;: not found in kernel or module BTFs" type="refused">extern (func ksym) &apos;f&apos;: not found in kernel or module BTFs</failure>
                </testcase>
            </testsuite>
            <testsuite name="7" tests="1" skipped="0" errors="1" failures="0">
                <testcase name="kernel" classname="my/x.bpf.o">
                    <error message="There is no &lt;QEMU&gt;." type="environment">There is no &lt;QEMU&gt;.
        Install it.</error>
                </testcase>
            </testsuite>
        </testsuites>
        "#);
    }
}
