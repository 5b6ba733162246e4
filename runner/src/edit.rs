//! Applying an edit of the course to a copy of the learner's program.

use std::fs;

use crate::course::{Course, Lab};
use crate::error::Error;

/// A program text and the edit that led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The whole text after the edit.
    pub text: String,
    /// The edit as a unified diff, without file names.
    pub diff: String,
}

/// The BPF C of a lab as it is on disk.
pub fn source(course: &Course, lab: &Lab) -> Result<String, Error> {
    let path = lab.source();
    let bytes = fs::read(course.root.join(&path))
        .map_err(|e| Error::Usage(format!("cannot read {}: {e}", path.display())))?;
    String::from_utf8(bytes).map_err(|e| {
        let line = 1 + e.as_bytes()[..e.utf8_error().valid_up_to()]
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count();
        Error::Usage(format!("{} is not UTF-8 text: see line {line}", path.display()))
    })
}

/// The BPF C of a lab with an edit put in, a unified diff relative to the lab's folder. The file on disk
/// stays as it is.
pub fn applied(course: &Course, lab: &Lab, patch: &str) -> Result<Edited, Error> {
    apply(course, lab, patch, &source(course, lab)?)
}

/// The same with another text of the lab's program.
pub fn apply(course: &Course, lab: &Lab, patch: &str, original: &str) -> Result<Edited, Error> {
    let path = lab.folder.join(patch);
    let text = fs::read_to_string(course.root.join(&path))
        .map_err(|e| Error::Usage(format!("cannot read {}: {e}", path.display())))?;
    let patch = diffy::Patch::from_str(&text)
        .map_err(|e| Error::Usage(format!("{} is no unified diff: {e}", path.display())))?;
    let edited = diffy::apply(original, &patch).map_err(|_| {
        Error::Usage(format!(
            "the edit {} does not fit {} as it is now.\n\
             Put the file back as it was (labrunner reset {}; yours is kept) or make the edit by hand.",
            path.display(),
            lab.source().display(),
            lab.title(),
        ))
    })?;
    let diff = diffy::create_patch(original, &edited).to_string();
    let diff = diff.lines().skip(2).map(|line| format!("{line}\n")).collect();
    Ok(Edited { text: edited, diff })
}
