//! `labrunner list`, `labrunner ch2`: the labs of the course, or of a chapter, and how far the learner is.

use super::{course, print};
use crate::cli::Format;
use crate::course::Course;
use crate::error::{Error, PASSED};
use crate::render::list;

/// Prints the list of the whole course.
pub fn run(format: Format) -> Result<u8, Error> {
    show(&course()?, None, format)
}

/// Prints the labs of a chapter.
pub fn chapter(course: &Course, chapter: &str, format: Format) -> Result<u8, Error> {
    show(course, Some(chapter), format)
}

fn show(course: &Course, chapter: Option<&str>, format: Format) -> Result<u8, Error> {
    let progress = super::progress();
    print(&match format {
        Format::Text => list::text(course, &progress, chapter),
        Format::Json | Format::Junit => list::json(course, &progress, chapter) + "\n",
    })?;
    Ok(PASSED)
}
