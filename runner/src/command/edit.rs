//! `labrunner edit`: the learner's editor with the program of a lab.

use std::process::Command;

use super::{chosen, course, progress};
use crate::cli::LabArgs;
use crate::editor::command_line;
use crate::error::{Error, PASSED};

/// Opens it, and waits until the editor ends.
pub fn run(args: &LabArgs) -> Result<u8, Error> {
    let course = course()?;
    let lab = chosen(&course, &progress(), args)?;
    let file = course.root.join(if lab.manifest.object {
        lab.source()
    } else {
        format!("labs/src/bin/{}.rs", lab.binary()).into()
    });
    let words = command_line(|name| std::env::var(name).ok());
    let (program, options) = words.split_first().expect("at least a program");
    let status = Command::new(program).args(options).arg(&file).status().map_err(|e| {
        Error::unable(
            format!("the editor `{program}` cannot be started: {e}."),
            format!("Name one that is there: EDITOR=vi labrunner edit {}", lab.title()),
        )
    })?;
    match status.success() {
        true => Ok(PASSED),
        false => Err(Error::Usage(format!("the editor `{program}` ended with {status}"))),
    }
}
