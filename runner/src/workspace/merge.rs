//! Lays the files of a course out, or merges a newer course into what the learner has made of an older one.
//!
//! What the learner has not touched is replaced; what they have changed stays. Where the course has changed
//! as well, its version is put beside, as `NAME.new`. Everything is looked at before the first file is
//! written. Each file is put in place as a whole, and the digests are written last, so after an interruption
//! the same can be done again.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use serde::Serialize;

use super::{ABOUT, About, Digests, FOLDER, SHIPPED, State, VERSION, Workspace, digest, lines};
use crate::archive::{Release, Unpacked};
use crate::backup::Backup;
use crate::error::Error;
use crate::versioned;

/// The one temporary file, relative to [`FOLDER`]; a kill may leave it, and the next one takes it again.
const PART: &str = "part";

/// What has become of the files; paths are relative to the workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged {
    /// The release that was there; `None` where there was nothing.
    pub before: Option<Release>,
    /// Files that were not part of the course before.
    pub added: Vec<PathBuf>,
    /// Files whose new version is in the place of the old one.
    pub replaced: Vec<PathBuf>,
    /// Files that were gone and are there again.
    pub restored: Vec<PathBuf>,
    /// The learner's, which the course has not changed.
    pub kept: Vec<PathBuf>,
    /// The learner's, which the course has changed as well: its version is beside.
    pub beside: Vec<PathBuf>,
}

/// What is to be done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Add,
    Replace,
    Restore,
    Keep,
    Beside,
    Nothing,
}

/// The name of the course's version beside the learner's: `hello.bpf.c.new`.
pub fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

/// Lays the unpacked course out in this folder, or merges it into the workspace that is there.
///
/// # Errors
/// The workspace is of a newer course, something is in the way, or the folder cannot be written.
pub fn merge(root: &Path, archive: &str, unpacked: &Unpacked) -> Result<Merged, Error> {
    let release = unpacked.release()?;
    let before = Workspace::of(root)?;
    let known = before.as_ref().and_then(Workspace::release);
    if let Some(newer) = known.as_ref().filter(|known| known.time > release.time) {
        return Err(Error::Usage(format!(
            "{} is of labrunner {}, and this is the older {}. Nothing was changed.",
            root.display(),
            newer.name,
            release.name
        )));
    }
    let cannot = |e: io::Error| cannot_write(root, &e);
    let own = root.join(FOLDER);
    fs::create_dir_all(&own).map_err(cannot)?;
    let lock = File::open(&own).map_err(cannot)?;
    let _ = flock(&lock, FlockOperation::LockExclusive); // as in `versioned`
    if before.is_none() {
        // From now on it is a workspace, so an interrupted one can be gone on with.
        let text = about(&About::default()).map_err(cannot)?;
        write(root, &Path::new(FOLDER).join(ABOUT), &text).map_err(cannot)?;
    }

    let old = match &before {
        Some(workspace) => workspace.shipped()?,
        None => Digests::new(),
    };
    let course = unpacked.course();
    let new = digests(&course)?;
    nothing_in_the_way(root, &new)?;
    let mut merged = Merged { before: known, ..Merged::default() };
    let mut actions = Vec::new();
    for (path, shipped) in &new {
        let now = State::of(&root.join(path)).map_err(cannot)?;
        let action = action(&now, old.get(path), shipped);
        merged.note(path, action);
        actions.push((path, action));
    }
    save_those_beside(root, &course, &merged.beside)?;
    for (path, action) in actions {
        let to = match action {
            Action::Keep | Action::Nothing => continue,
            Action::Beside => beside(path),
            Action::Add | Action::Replace | Action::Restore => path.clone(),
        };
        let bytes = fs::read(course.join(path)).map_err(|e| unreadable(&course.join(path), &e))?;
        write(root, &to, &bytes).map_err(cannot)?;
    }
    let laid_out =
        About { release: release.name, time: release.time, archive: archive.to_string() };
    write(root, &Path::new(FOLDER).join(SHIPPED), lines(&new).as_bytes())
        .and_then(|()| write(root, &Path::new(FOLDER).join(ABOUT), &about(&laid_out)?))
        .map_err(cannot)?;
    Ok(merged)
}

/// What to do with a file that is now in this state, of which the course had this digest, and has this one.
fn action(now: &State, old: Option<&String>, new: &str) -> Action {
    match (now, old) {
        (State::Missing, None) => Action::Add,
        (State::Missing, Some(_)) => Action::Restore,
        (now, _) if now.is(new) => Action::Nothing,
        (now, Some(old)) if now.is(old) => Action::Replace,
        (_, Some(old)) if old == new => Action::Keep,
        _ => Action::Beside,
    }
}

impl Merged {
    fn note(&mut self, path: &Path, action: Action) {
        let list = match action {
            Action::Add => &mut self.added,
            Action::Replace => &mut self.replaced,
            Action::Restore => &mut self.restored,
            Action::Keep => &mut self.kept,
            Action::Beside => &mut self.beside,
            Action::Nothing => return,
        };
        list.push(path.to_owned());
    }
}

/// The files of the course and their digests.
fn digests(course: &Path) -> Result<Digests, Error> {
    let mut digests = Digests::new();
    let mut folders = vec![course.to_owned()];
    while let Some(folder) = folders.pop() {
        let unreadable = |e| unreadable(&folder, &e);
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(relative) = path.strip_prefix(course) {
                digests.insert(relative.to_owned(), digest(&path).map_err(unreadable)?);
            }
        }
    }
    Ok(digests)
}

/// No file is written through a link that leads elsewhere, nor below what is no folder.
fn nothing_in_the_way(root: &Path, new: &Digests) -> Result<(), Error> {
    let mut folders: BTreeSet<&Path> = BTreeSet::new();
    for path in new.keys() {
        folders.extend(path.ancestors().skip(1).filter(|folder| *folder != Path::new("")));
    }
    for folder in folders {
        let Ok(metadata) = fs::symlink_metadata(root.join(folder)) else { continue };
        if !metadata.is_dir() {
            let kind = if metadata.is_symlink() { "a symbolic link" } else { "no folder" };
            return Err(Error::Usage(format!(
                "{} is {kind}, and the course has files below it. Nothing was changed. Move it away, \
                 then run this again.",
                root.join(folder).display()
            )));
        }
    }
    Ok(())
}

/// Copies what is in the place of a file that goes beside the learner's: they may have worked on it.
fn save_those_beside(root: &Path, course: &Path, files: &[PathBuf]) -> Result<(), Error> {
    let is_other = |file: &PathBuf| {
        let (there, new) = (fs::read(root.join(beside(file))), fs::read(course.join(file)));
        there.is_ok_and(|there| new.is_ok_and(|new| there != new))
    };
    let others: Vec<PathBuf> = files.iter().filter(|f| is_other(f)).map(|f| beside(f)).collect();
    if !others.is_empty() {
        Backup::make(root, &others)?;
    }
    Ok(())
}

/// Puts a file in its place, as a whole.
fn write(root: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = root.join(FOLDER).join(PART);
    let to = root.join(path);
    let written = fs::create_dir_all(to.parent().unwrap_or(root))
        .and_then(|()| fs::write(&part, bytes))
        .and_then(|()| fs::rename(&part, &to));
    written.inspect_err(|_| drop(fs::remove_file(&part)))
}

fn about(about: &impl Serialize) -> io::Result<Vec<u8>> {
    versioned::text(VERSION, about).map(String::into_bytes)
}

fn unreadable(path: &Path, e: &io::Error) -> Error {
    Error::unable(
        format!("cannot read {}: {e}.", path.display()),
        "Empty the cache, and it is unpacked again: labrunner cache --clean",
    )
}

/// The error for a workspace that cannot be written.
pub fn cannot_write(root: &Path, e: &io::Error) -> Error {
    let advice = match e.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "The disk is full. Free some room and run the same again, which goes on from there."
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "You cannot write there. Name a folder of your own."
        }
        _ => "Mend that and run the same again, which goes on from there; or name another folder.",
    };
    Error::unable(format!("The workspace {} cannot be written: {e}.", root.display()), advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_learner_has_touched_stays() {
        use Action::{Add, Beside, Keep, Nothing, Replace, Restore};
        let file = |digest: &str| State::File(digest.into());
        // What is there, what was shipped, what is shipped now.
        for (now, old, new, expected) in [
            (State::Missing, None, "b", Add),
            (State::Missing, Some("a"), "b", Restore),
            (State::Missing, Some("b"), "b", Restore),
            (file("a"), Some("a"), "b", Replace),
            (file("b"), Some("a"), "b", Nothing),
            (file("b"), Some("b"), "b", Nothing),
            (file("b"), None, "b", Nothing),
            (file("mine"), Some("b"), "b", Keep),
            (file("mine"), Some("a"), "b", Beside),
            (file("mine"), None, "b", Beside),
            (State::Other, Some("b"), "b", Keep),
            (State::Other, Some("a"), "b", Beside),
        ] {
            let old = old.map(String::from);
            assert_eq!(action(&now, old.as_ref(), new), expected, "{now:?} {old:?} {new}");
        }
    }

    #[test]
    fn the_courses_version_keeps_the_whole_name() {
        assert_eq!(beside(Path::new("ch2/x.bpf.c")), Path::new("ch2/x.bpf.c.new"));
    }
}
