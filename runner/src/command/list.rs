//! `labrunner list`: the labs of the course.

use super::{course, print};
use crate::cli::Format;
use crate::error::{Error, PASSED};
use crate::render::list;

/// Prints the list.
pub fn run(format: Format) -> Result<u8, Error> {
    let course = course()?;
    print(&match format {
        Format::Text => list::text(&course),
        Format::Json | Format::Junit => list::json(&course) + "\n",
    })?;
    Ok(PASSED)
}
