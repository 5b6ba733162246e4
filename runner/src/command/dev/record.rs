//! `labrunner dev record`: writes down what labs print.

use std::fs;

use crate::cancel::Cancel;
use crate::check::plan::{rows, select};
use crate::cli::RecordArgs;
use crate::command::telling::Long;
use crate::command::{course, print, say};
use crate::course::Course;
use crate::engine::vm::Vm;
use crate::error::{Error, FAILED, PASSED};
use crate::expected;
use crate::judge::Verdict;
use crate::kernels;
use crate::manifest::Break;
use crate::outcome::Outcome;
use crate::programs::Programs;
use crate::record::{file, recorded};
use crate::report::Report;
use crate::run::Request;
use crate::stage::Stage;
use crate::subject::Subject;

/// Records each subject of the labs, and says which files are new or other than before. A refusal is recorded
/// on each kernel, since each has words of its own; so is what a lab prints that `varies`. All else is recorded
/// on the default kernel, or on the next one that has what the lab needs.
pub(super) fn run(args: &RecordArgs) -> Result<u8, Error> {
    let course = course()?;
    let programs = Programs::find(&course.root, &mut say)?;
    let all = kernels::named(Some(&args.kernel))?;
    let default = kernels::named(None)?;
    let mut code = PASSED;
    for row in rows(&select(&course, &args.only)?) {
        let varies = row.lab.manifest.varies;
        let of_kernel = varies || is_refused(row.subject);
        let mut why_not = None;
        let mut done = false;
        for series in if varies { all.iter().collect() } else { in_turn(&default, &all) } {
            let engine = Vm::new(series, programs.path("labrunner-guest"));
            let request = Request {
                course: &course,
                lab: row.lab,
                subject: row.subject,
                programs: &programs,
                deadline: None,
                color: false,
                cancel: Cancel::default(),
            };
            let long = Long::new(format!("{} runs on Linux {series} …", row.label()));
            let report = request.run(&engine, &mut say)?;
            drop(long);
            // A mistake that this kernel accepts shows nothing here.
            let refused = matches!(report.outcome, Some(Outcome::Failed { .. }));
            let shown = varies || refused || !is_refused(row.subject);
            let skipped = matches!(report.verdict, Verdict::Skipped(_));
            let mut name = row.subject.expected_name(row.lab);
            // What a kernel answers to a mistake is of that kernel.
            if varies || (of_kernel && !default.contains(series)) {
                name = expected::on_series(&name, series);
            }
            match text(row.subject, &report) {
                Ok(text) if shown || default.contains(series) => {
                    print(&written(&course, &name, &text)?)?;
                    done = true;
                }
                Ok(_) => {}
                Err(why) if !skipped || varies => {
                    code = FAILED;
                    let (lab, what) = (row.lab.title(), row.subject.label());
                    say(&format!("{lab}: {what} on {series} is not recorded: {why}"));
                    done = true; // and said
                }
                Err(why) => {
                    why_not.get_or_insert(why);
                }
            }
            if done && !of_kernel {
                break;
            }
        }
        let why_not = why_not.filter(|_| !done);
        if let Some(why) = why_not {
            code = FAILED;
            let (lab, what) = (row.lab.title(), row.subject.label());
            say(&format!("{lab}: {what} is recorded on no kernel: {why}"));
        }
    }
    Ok(code)
}

/// Whether the kernel is to refuse the program.
fn is_refused(subject: Subject<'_>) -> bool {
    let refused = |m: &Break| m.failure.stage != Stage::Compare && !m.failure.loads;
    subject.mistake().is_some_and(refused)
}

/// The default kernel, and for what it cannot show the others: newer ones first.
fn in_turn<'a>(default: &'a [String], all: &'a [String]) -> Vec<&'a String> {
    let others = all.iter().filter(|series| !default.contains(series));
    let (older, newer): (Vec<_>, Vec<_>) =
        others.partition(|series| default.iter().any(|default| before(series, default)));
    default.iter().chain(newer).chain(older).collect()
}

/// Whether one series is older than another: `5.10` than `6.1`, `6.1` than `6.12`.
fn before(series: &str, other: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> {
        text.split('.').map(|part| part.parse().unwrap_or(u32::MAX)).collect()
    };
    numbers(series) < numbers(other)
}

/// What is to be written down of a run, or why nothing is.
fn text(subject: Subject<'_>, report: &Report) -> Result<String, String> {
    let said = match &report.verdict {
        Verdict::Skipped(reason) => reason.clone(),
        Verdict::Environment(unable) => unable.problem.clone(),
        Verdict::Timeout { stage, .. } => format!("it was still running at {stage}"),
        Verdict::Fail(failure) => failure.message.clone(),
        Verdict::Pass => String::new(),
    };
    let printed = matches!(report.outcome, Some(Outcome::Printed(_)));
    let shows_in_output = subject.mistake().is_none_or(|m| m.failure.stage == Stage::Compare);
    // A mistake that is refused has to be refused as declared; what is printed is what is recorded.
    if if shows_in_output { !printed } else { report.verdict != Verdict::Pass } {
        return Err(said);
    }
    recorded(report).ok_or(said)
}

/// Writes a snapshot, unless it is there with this text; what was done, in a line.
fn written(course: &Course, name: &str, text: &str) -> Result<String, Error> {
    let path = expected::file(name);
    let (absolute, new) = (course.root.join(&path), file(text));
    let old = fs::read_to_string(&absolute).ok();
    if old.as_deref() == Some(new.as_str()) {
        return Ok(String::new());
    }
    fs::create_dir_all(absolute.parent().unwrap_or(&course.root))
        .and_then(|()| fs::write(&absolute, new))
        .map_err(|e| Error::Usage(format!("cannot write {}: {e}", path.display())))?;
    let word = if old.is_some() { "changed" } else { "new" };
    Ok(format!("{word:8} {}\n", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_comes_first_then_newer_ones_then_older_ones() {
        let named = |list: &str| list.split(' ').map(str::to_string).collect::<Vec<_>>();
        let (default, all) = (named("6.1"), named("5.10 6.1 6.12 6.18 7"));
        assert_eq!(in_turn(&default, &all), ["6.1", "6.12", "6.18", "7", "5.10"]);
    }
}
