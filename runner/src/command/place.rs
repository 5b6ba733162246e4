//! Where the learner is: in which course, and at which of its labs.

use std::path::{Path, PathBuf};

use crate::cli::LabArgs;
use crate::course::{Course, Lab};
use crate::error::Error;
use crate::left::Left;
use crate::progress::Progress;

/// The course that the current folder is in, or else the one that was last worked in: that can be
/// anywhere.
///
/// # Errors
/// There is neither, or a file of it cannot be understood.
pub(super) fn course() -> Result<Course, Error> {
    let here = folder()?;
    if Course::root_of(&here).is_some() {
        return Course::find(&here);
    }
    let (left, _) = Left::load();
    let known = left.course.as_deref().and_then(Course::root_of);
    Course::find(known.unwrap_or(&here))
}

/// The lab that was named; or the one in whose folder we are, the one that was run last, or the next one.
///
/// # Errors
/// There is none of that name; or none was named, and all have been passed.
pub(super) fn lab<'a>(
    course: &'a Course,
    progress: &Progress,
    named: &LabArgs,
) -> Result<&'a Lab, Error> {
    if let Some(chapter) = named.chapter.as_deref() {
        return course.lab(chapter, named.lab.as_deref());
    }
    let here = folder().ok();
    let here = here.as_deref().and_then(|folder| of_folder(course, folder));
    here.or_else(|| Left::load().0.lab(course, progress)).ok_or_else(|| {
        Error::Usage("You have passed every lab. Name the one that you mean.".into())
    })
}

fn folder() -> Result<PathBuf, Error> {
    std::env::current_dir()
        .map_err(|e| Error::Usage(format!("the current folder cannot be read: {e}")))
}

/// The lab in whose folder somebody is who names none.
fn of_folder<'a>(course: &'a Course, folder: &Path) -> Option<&'a Lab> {
    let inside = folder.strip_prefix(&course.root).ok()?;
    course.labs.iter().find(|lab| inside.starts_with(&lab.folder))
}
