//! Expected outputs: the `.snap` files that the tests record and people review.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use crate::course::{Course, Lab};
use crate::error::Error;

/// Folder of the snapshots, relative to the course's root.
pub const FOLDER: &str = "tests/snapshots";

/// Name of a snapshot: `ch2-hello-map`; with an exercise `ch2-hello-map+count-calls`; with a mistake
/// `ch2-hello-map@no-entry` or `ch2-hello-map+count-calls@no-entry`.
pub fn name(lab: &Lab, exercise: Option<&str>, mistake: Option<&str>) -> String {
    let mut name = lab.stem();
    for (mark, part) in [('+', exercise), ('@', mistake)] {
        if let Some(part) = part {
            name.push(mark);
            name.push_str(part);
        }
    }
    name
}

/// The name of a snapshot that counts on one kernel series only: `ch5-btf-tour.on-6.1`.
pub fn on_series(name: &str, series: &str) -> String {
    format!("{name}.on-{series}")
}

/// A snapshot's file, relative to the course's root.
pub fn file(name: &str) -> PathBuf {
    PathBuf::from(FOLDER).join(format!("{name}.snap"))
}

/// What is expected on a kernel of this release: what is recorded for its series, or else for all;
/// `None` where nothing is recorded.
pub fn read(course: &Course, name: &str, release: &str) -> Result<Option<String>, Error> {
    for series in series_of(release) {
        if let Some(text) = read_one(course, &on_series(name, &series))? {
            return Ok(Some(text));
        }
    }
    read_one(course, name)
}

/// The series that a release such as `6.12.107+deb13-amd64` belongs to, the narrowest first: `6.12`, `6`.
pub fn series_of(release: &str) -> Vec<String> {
    let digits = |part: &str| part.chars().take_while(char::is_ascii_digit).collect::<String>();
    let parts: Vec<String> = release.split('.').take(2).map(digits).collect();
    match &parts[..] {
        [major, minor] if !minor.is_empty() => vec![format!("{major}.{minor}"), major.clone()],
        [major, ..] if !major.is_empty() => vec![major.clone()],
        _ => Vec::new(),
    }
}

fn read_one(course: &Course, name: &str) -> Result<Option<String>, Error> {
    let path = file(name);
    let text = match fs::read_to_string(course.root.join(&path)) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        read => read.map_err(|e| Error::Usage(format!("cannot read {}: {e}", path.display())))?,
    };
    contents(&text).map(|text| Some(text.to_string())).ok_or_else(|| {
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

    #[test]
    fn a_release_is_of_its_minor_and_of_its_major_series() {
        for (release, expected) in [
            ("6.12.107+deb13-amd64", "6.12 6"),
            ("7.3-rc1", "7.3 7"),
            ("5.10.0-37-cloud-amd64", "5.10 5"),
            ("7", "7"),
            ("", ""),
        ] {
            assert_eq!(series_of(release).join(" "), expected, "{release}");
        }
    }
}
