//! `labrunner doctor`: whether labs can run here, and what to do if not.

use super::{print, say};
use crate::cli::Format;
use crate::course::Course;
use crate::doctor::{Needs, diagnose, gather};
use crate::error::{Error, PASSED, UNAVAILABLE};
use crate::render::doctor;

/// Looks at this machine, prints what was found; the exit status tells whether labs run here in one way at
/// least.
pub fn run(format: Format) -> Result<u8, Error> {
    // Outside of the course there is still something to say, but a manifest that cannot be read is to be mended.
    let here = std::env::current_dir().unwrap_or_default();
    let course = match Course::find(&here) {
        Ok(course) => Some(course),
        Err(error) if Course::root_of(&here).is_some() => return Err(error),
        Err(_) => None,
    };
    let facts = gather::facts(course.as_ref(), &mut say)?;
    let needs = course.as_ref().map(Needs::of).unwrap_or_default();
    let diagnosis = diagnose(&facts, &needs);
    print(&match format {
        Format::Text => doctor::text(&diagnosis),
        Format::Json | Format::Junit => doctor::json(&diagnosis, &facts) + "\n",
    })?;
    Ok(if diagnosis.able() { PASSED } else { UNAVAILABLE })
}
