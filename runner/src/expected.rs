//! Expected outputs: the `.snap` files that the tests record and people review.

use std::fs;
use std::path::PathBuf;

use crate::course::{Course, Lab};
use crate::error::Error;

/// Folder of the snapshots, relative to the course's root.
pub const FOLDER: &str = "tests/snapshots";

/// Name of a lab's snapshot: `ch2-hello-map`, with a break `ch2-hello-map@no-entry`.
pub fn name(lab: &Lab, break_name: Option<&str>) -> String {
    match break_name {
        None => lab.binary(),
        Some(name) => format!("{}@{name}", lab.binary()),
    }
}

/// The expected output of a lab, or of a lab with a break that shows in its output; empty where none
/// is recorded yet, so that everything printed is a difference.
pub fn read(course: &Course, lab: &Lab, break_name: Option<&str>) -> Result<String, Error> {
    let path = PathBuf::from(FOLDER).join(format!("{}.snap", name(lab, break_name)));
    let text = match fs::read_to_string(course.root.join(&path)) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(String::new()),
        read => read.map_err(|e| Error::Usage(format!("cannot read {}: {e}", path.display())))?,
    };
    contents(&text).map(str::to_string).ok_or_else(|| {
        Error::Usage(format!("{} is no snapshot: its header does not end", path.display()))
    })
}

/// What follows the header of a snapshot file: YAML between two lines `---`, as insta writes it.
pub fn contents(snapshot: &str) -> Option<&str> {
    let header = snapshot.strip_prefix("---\n")?;
    header.split_once("\n---\n").map(|(_, contents)| contents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_cut_off() {
        let snapshot = "---\nsource: tests/labs.rs\nexpression: output\n---\nuid=0\n---\n";
        assert_eq!(contents(snapshot), Some("uid=0\n---\n"));
        assert_eq!(contents("uid=0\n"), None);
    }
}
