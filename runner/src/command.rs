//! What each command does, one module a command: from its arguments to an exit status.

pub mod book;
pub mod cache;
pub mod check;
pub mod completions;
pub mod dev;
pub mod doctor;
pub mod edit;
pub mod explain;
pub mod grade;
pub mod hint;
pub mod kernel;
pub mod lab;
pub mod list;
pub mod listing;
pub mod man;
pub mod next;
pub mod page;
pub mod progress;
pub mod reset;
pub mod shell;
pub mod solution;
pub mod telling;
pub mod verify;
pub mod watch;

pub use telling::print;
pub(crate) use telling::say;

use crate::cli::LabArgs;
use crate::course::{Course, Lab};
use crate::error::Error;
use crate::progress::Progress;

/// The course that the current folder is in.
fn course() -> Result<Course, Error> {
    let here = std::env::current_dir()
        .map_err(|e| Error::Usage(format!("the current folder cannot be read: {e}")))?;
    Course::find(&here)
}

/// What the learner has done; what stood in the way of reading it is said.
fn progress() -> Progress {
    let (progress, said) = Progress::load();
    said.iter().for_each(|sentence| say(sentence));
    progress
}

/// The lab that was named, or the one that comes next.
fn chosen<'a>(course: &'a Course, progress: &Progress, named: &LabArgs) -> Result<&'a Lab, Error> {
    match named.chapter.as_deref() {
        Some(chapter) => course.lab(chapter, named.lab.as_deref()),
        None => progress.next(course).ok_or_else(|| {
            Error::Usage("You have passed every lab. Name the one that you mean.".into())
        }),
    }
}
