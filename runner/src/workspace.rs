//! A workspace: a folder of the learner's own with the files of the course, laid out by `labrunner init`
//! without a clone.
//!
//! Two files in its folder `.labrunner` tell what was laid out, so the learner's edits can be told apart:
//!
//! - `workspace.toml`: which course it was
//! - `shipped`: the digest of each file, in the format of sha256sum(1): `sha256sum -c .labrunner/shipped`

pub mod merge;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::archive::{Archive, Release, Unpacked, digest_of};
use crate::error::Error;
use crate::versioned;

/// The folder of what labrunner keeps in a workspace, relative to it.
pub const FOLDER: &str = ".labrunner";

/// Which course was laid out.
const ABOUT: &str = "workspace.toml";

/// The digests of its files.
const SHIPPED: &str = "shipped";

/// The version of the format that is written and understood.
const VERSION: u32 = 1;

/// Files by their path relative to the course's root, with their SHA-256 in hexadecimal digits.
pub type Digests = BTreeMap<PathBuf, String>;

/// A folder that was laid out.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// The folder.
    pub root: PathBuf,
    about: About,
}

/// What `workspace.toml` says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct About {
    /// The name of the release; empty as long as nothing was laid out to the end.
    release: String,
    /// The time of its last commit, in seconds since 1970.
    time: u64,
    /// The digest of its archive.
    archive: String,
}

impl Workspace {
    /// The workspace in this folder, which may be none.
    ///
    /// # Errors
    /// It is one, and cannot be understood.
    pub fn of(root: &Path) -> Result<Option<Self>, Error> {
        let path = root.join(FOLDER).join(ABOUT);
        let text = match fs::read_to_string(&path) {
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            read => {
                read.map_err(|e| Error::Usage(format!("cannot read {}: {e}.", path.display())))?
            }
        };
        if versioned::is_newer(&text, VERSION) {
            return Err(Error::Usage(format!(
                "{} is a workspace of a newer labrunner: use that one here.",
                root.display()
            )));
        }
        let about = versioned::parse(&text, VERSION).ok_or_else(|| {
            Error::Usage(format!(
                "{} cannot be understood. Remove it, lay out a new workspace in another folder with \
                 `labrunner init`, and copy your files there.",
                path.display()
            ))
        })?;
        Ok(Some(Self { root: root.to_owned(), about }))
    }

    /// What this labrunner carries, if it is what was laid out here; `None` if it carries no course.
    /// `say` is told when it is unpacked.
    ///
    /// # Errors
    /// It carries another course.
    pub fn carried(&self, say: &mut dyn FnMut(&str)) -> Result<Option<Unpacked>, Error> {
        let Some(mut archive) = Archive::own()? else { return Ok(None) };
        if archive.digest != self.about.archive {
            return Err(Error::Usage(format!(
                "{} was laid out by another labrunner{}.\nBring it up to date, which keeps your edits: \
                 labrunner upgrade",
                self.root.display(),
                if self.about.release.is_empty() { ", and not to the end" } else { "" },
            )));
        }
        archive.unpacked(say).map(Some)
    }

    /// The digests of the files as they were laid out.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn shipped(&self) -> Result<Digests, Error> {
        let path = self.root.join(FOLDER).join(SHIPPED);
        let text = match fs::read_to_string(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => String::new(),
            read => {
                read.map_err(|e| Error::Usage(format!("cannot read {}: {e}.", path.display())))?
            }
        };
        Ok(parse(&text))
    }

    /// Those of these files that are other than they were laid out, or gone.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn changed<'a>(
        &self,
        shipped: impl Iterator<Item = (&'a PathBuf, &'a String)>,
    ) -> Result<Vec<PathBuf>, Error> {
        let mut changed = Vec::new();
        for (path, digest) in shipped {
            let now = State::of(&self.root.join(path));
            let now = now.map_err(|e| {
                Error::Usage(format!("cannot read {}: {e}.", self.root.join(path).display()))
            })?;
            if !now.is(digest) {
                changed.push(path.clone());
            }
        }
        Ok(changed)
    }

    /// The release that was laid out; `None` before the first was, to its end.
    fn release(&self) -> Option<Release> {
        let About { release, time, .. } = &self.about;
        (!release.is_empty()).then(|| Release { name: release.clone(), time: *time })
    }
}

/// What is in the place of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Nothing.
    Missing,
    /// A file with this digest.
    File(String),
    /// A folder, a symbolic link, or the like.
    Other,
}

impl State {
    fn of(path: &Path) -> io::Result<Self> {
        match fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_file() => Ok(Self::File(digest(path)?)),
            Ok(_) => Ok(Self::Other),
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Ok(Self::Missing)
            }
            Err(e) => Err(e),
        }
    }

    fn is(&self, digest: &str) -> bool {
        matches!(self, Self::File(found) if found == digest)
    }
}

fn digest(path: &Path) -> io::Result<String> {
    digest_of(File::open(path)?)
}

/// Reads `DIGEST  PATH` lines. Others do not count: without its digest a file counts as the learner's.
fn parse(text: &str) -> Digests {
    let lines = text.lines().filter_map(|line| line.split_once("  "));
    lines.map(|(digest, path)| (PathBuf::from(path), digest.to_string())).collect()
}

fn lines(digests: &Digests) -> String {
    digests.iter().map(|(path, digest)| format!("{digest}  {}\n", path.display())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_read_as_they_are_written() {
        let digests: Digests =
            [("a b.c", "00"), ("labs/x.rs", "ff")].map(|(p, d)| (p.into(), d.into())).into();
        assert_eq!(lines(&digests), "00  a b.c\nff  labs/x.rs\n");
        assert_eq!(parse(&lines(&digests)), digests);
        assert_eq!(parse("half a li"), Digests::new());
    }

    #[test]
    fn a_folder_without_the_mark_is_no_workspace() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Workspace::of(folder.path()).unwrap().is_none());
        fs::create_dir(folder.path().join(FOLDER)).unwrap();
        assert!(Workspace::of(folder.path()).unwrap().is_none());
        for (text, why) in
            [("version = 2\n", "newer"), ("version = 1\nrel", "cannot be understood")]
        {
            fs::write(folder.path().join(FOLDER).join(ABOUT), text).unwrap();
            let error = Workspace::of(folder.path()).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
