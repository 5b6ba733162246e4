//! `labrunner dev record`: writes down what labs print.

use std::fs;

use crate::check::plan::{rows, select};
use crate::cli::RecordArgs;
use crate::command::{course, print, say};
use crate::course::Course;
use crate::engine::vm::Vm;
use crate::error::{Error, FAILED, PASSED};
use crate::expected;
use crate::judge::Verdict;
use crate::kernels;
use crate::outcome::Outcome;
use crate::programs::Programs;
use crate::record::{file, recorded};
use crate::report::Report;
use crate::run::Request;
use crate::stage::Stage;
use crate::subject::Subject;

/// Records each subject of the labs, and says which files are new or other than before.
pub(super) fn run(args: &RecordArgs) -> Result<u8, Error> {
    let course = course()?;
    let programs = Programs::find(&course.root, &mut say)?;
    let all = kernels::named(Some(&args.kernel))?;
    let default = kernels::named(None)?;
    let mut code = PASSED;
    for row in rows(&select(&course, &args.only)?) {
        let varies = row.lab.manifest.varies;
        for series in if varies { &all } else { &default } {
            let engine = Vm::new(series, programs.path("labrunner-guest"));
            let request = Request {
                course: &course,
                lab: row.lab,
                subject: row.subject,
                programs: &programs,
                deadline: None,
                color: false,
            };
            let report = request.run(&engine, &mut say)?;
            let mut name = row.subject.expected_name(row.lab);
            if varies {
                name = expected::on_series(&name, series);
            }
            match text(row.subject, &report) {
                Ok(text) => print(&written(&course, &name, &text)?)?,
                Err(why) => {
                    code = FAILED;
                    let (lab, what) = (row.lab.title(), row.subject.label());
                    say(&format!("{lab}: {what} on {series} is not recorded: {why}"));
                }
            }
        }
    }
    Ok(code)
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
