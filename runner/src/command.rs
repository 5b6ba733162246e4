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
pub mod init;
pub mod kernel;
pub mod lab;
pub mod list;
pub mod listing;
pub mod man;
pub mod next;
pub mod page;
mod place;
pub mod progress;
pub mod reset;
pub mod shell;
pub mod solution;
pub mod telling;
pub mod verify;
pub mod watch;

use place::{course, lab as chosen};
pub use telling::print;
pub(crate) use telling::say;

use crate::progress::Progress;

/// What the learner has done; what stood in the way of reading it is said.
fn progress() -> Progress {
    let (progress, said) = Progress::load();
    said.iter().for_each(|sentence| say(sentence));
    progress
}
