//! What the end-to-end tests share: the built programs, a copy of the course to change, and
//! `labrunner` as a learner runs it.

mod course;
mod run;
mod trace;

pub use course::{CourseCopy, kernels, labrunner, root};
pub use run::{Finished, Labrunner};
pub use trace::{processes_with, wait_until_gone};
