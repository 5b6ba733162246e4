//! `labrunner dev`: for those who write labs.

mod files;
mod messages;
mod new;
mod record;

use super::{course, print, say};
use crate::check::plan::{rows, select, unsolved};
use crate::cli::{DevAction, DevArgs, DevCheckArgs, Format};
use crate::command::check::run_rows;
use crate::error::{Error, FAILED, PASSED};

/// Does what was asked for; the exit status tells whether all is well.
pub fn run(args: &DevArgs, format: Format) -> Result<u8, Error> {
    match &args.action {
        DevAction::Check(args) => check(args, format),
        DevAction::Record(args) => record::run(args),
        DevAction::Messages(args) => messages::run(args),
        DevAction::New(args) => new::run(args),
    }
}

/// Looks at the files first: what they lack explains what fails later.
fn check(args: &DevCheckArgs, format: Format) -> Result<u8, Error> {
    let course = course()?;
    let labs = select(&course, &args.check.only)?;
    let mut problems = files::problems(&course, &labs)?;
    if args.check.only.is_empty() {
        problems.extend(files::strangers(&course)?);
    }
    problems.iter().for_each(|problem| say(problem));
    if args.files {
        if problems.is_empty() {
            print(&format!("{} labs: their files agree.\n", labs.len()))?;
        }
        return Ok(if problems.is_empty() { PASSED } else { FAILED });
    }
    let once = [rows(&labs), unsolved(&labs)].concat();
    let rows = once.repeat(args.runs as usize);
    let code = run_rows(&course, rows, &args.check, format)?;
    if problems.is_empty() {
        return Ok(code);
    }
    say(&format!("{} things to mend in the files: see above.", problems.len()));
    Ok(if code == PASSED { FAILED } else { code })
}
