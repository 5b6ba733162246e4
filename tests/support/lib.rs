//! What the end-to-end tests share: the built programs, a copy of the course to change, and
//! `labrunner` as a learner runs it.

mod class;
mod course;
mod dist;
mod fakes;
mod headless;
mod host;
mod http;
mod place;
mod run;
mod terminal;
mod trace;

pub use class::{Class, hello_map, results};
pub use course::{CourseCopy, built, kernels, labrunner, misbehave, readable_as, root};
pub use dist::{Learner, handed_out, newer};
pub use fakes::Fakes;
pub use headless::Headless;
pub use host::HostState;
pub use http::{Answer, Http};
pub use place::Place;
pub use run::{Finished, Labrunner, ended};
pub use terminal::Terminal;
pub use trace::{processes_with, wait_until_gone};
