//! What each command does, one module a command: from its arguments to an exit status.

pub mod cache;
pub mod check;
pub mod dev;
pub mod explain;
pub mod grade;
pub mod hint;
pub mod kernel;
pub mod lab;
pub mod list;
pub mod next;
pub mod shell;
pub mod verify;

use std::io::Write;

use crate::course::Course;
use crate::error::Error;

/// The course that the current folder is in.
fn course() -> Result<Course, Error> {
    let here = std::env::current_dir()
        .map_err(|e| Error::Usage(format!("the current folder cannot be read: {e}")))?;
    Course::find(&here)
}

/// Prints to standard output. A reader that is gone, as in `labrunner list | head -1`, is no error.
///
/// # Errors
/// It cannot be written, for instance because the disk behind it is full.
pub fn print(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(Error::unable(
            format!("cannot write the result: {e}."),
            "Is the disk full to which the output goes?",
        )),
        _ => Ok(()),
    }
}

/// Tells what takes more than a moment.
pub(crate) fn say(sentence: &str) {
    let _ = writeln!(std::io::stderr(), "{sentence}");
}
