//! Copies of the learner's files, made before anything of theirs is replaced.
//!
//! Each is a folder in the user's state folder, `labrunner/backups/TIME/`: the files under their paths in
//! the course, and `backup.toml`, which is written last and makes it count.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::versioned;

/// The version of the format that is written and understood.
const VERSION: u32 = 1;

/// The name of the file that tells what a backup is of.
const CONTENTS: &str = "backup.toml";

/// What a backup is of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Contents {
    /// The course's folder.
    root: PathBuf,
    /// The files that are kept, relative to it.
    kept: Vec<PathBuf>,
    /// Files that were not there.
    missing: Vec<PathBuf>,
}

/// Copies of some files of the course.
#[derive(Debug, Clone)]
pub struct Backup {
    /// The folder with the copies.
    pub folder: PathBuf,
    contents: Contents,
}

impl Backup {
    /// Copies these files of the course; their paths are relative to its root.
    pub fn make(root: &Path, files: &[PathBuf]) -> Result<Self, Error> {
        let all = folder()?;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // So that names sort by time.
        let folder = all.join(format!("{:020}", since.as_nanos()));
        Self::make_in(folder.clone(), root, files).map_err(|e| {
            Error::unable(
                format!("your files cannot be copied to {}: {e}.", folder.display()),
                "Nothing was changed. Name another folder for what labrunner keeps with \
                 XDG_STATE_HOME=/path.",
            )
        })
    }

    fn make_in(folder: PathBuf, root: &Path, files: &[PathBuf]) -> io::Result<Self> {
        let mut contents = Contents { root: root.to_owned(), ..Contents::default() };
        for file in files {
            match fs::read(root.join(file)) {
                Ok(bytes) => {
                    let copy = folder.join(file);
                    fs::create_dir_all(copy.parent().unwrap_or(&folder))?;
                    fs::write(copy, bytes)?;
                    contents.kept.push(file.clone());
                }
                Err(e) if e.kind() == io::ErrorKind::NotFound => {
                    contents.missing.push(file.clone())
                }
                Err(e) => return Err(e),
            }
        }
        versioned::update(&folder.join(CONTENTS), VERSION, |kept: &mut Contents| {
            kept.clone_from(&contents);
        })?;
        Ok(Self { folder, contents })
    }

    /// The newest backup of files of this course.
    pub fn newest(root: &Path) -> Result<Option<Self>, Error> {
        let Ok(entries) = fs::read_dir(folder()?) else { return Ok(None) };
        let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        folders.sort();
        let read = |folder: PathBuf| {
            let (contents, _) = versioned::load::<Contents>(&folder.join(CONTENTS), VERSION);
            (contents.root == root).then_some(Self { folder, contents })
        };
        Ok(folders.into_iter().rev().find_map(read))
    }

    /// Puts the files back as they were, and gives up the backup. What is there now is copied first.
    pub fn restore(self) -> Result<(Vec<PathBuf>, Self), Error> {
        let Contents { root, kept, missing } = &self.contents;
        let files: Vec<PathBuf> = kept.iter().chain(missing).cloned().collect();
        let now = Self::make(root, &files)?;
        for file in kept {
            let bytes = fs::read(self.folder.join(file)).map_err(|e| cannot("read", file, &e))?;
            replace(&root.join(file), &bytes)?;
        }
        for file in missing {
            let _ = fs::remove_file(root.join(file));
        }
        // What it kept is back in its place.
        let _ = fs::remove_dir_all(&self.folder);
        Ok((files, now))
    }
}

/// Puts a file in the place of another, as a whole.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent)
        .and_then(|()| {
            let permissions = fs::Permissions::from_mode(0o644);
            tempfile::Builder::new().permissions(permissions).tempfile_in(parent)
        })
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.persist(path).map_err(|e| e.error)
        })
        .map(drop)
        .map_err(|e| cannot("write", path, &e))
}

fn cannot(what: &str, path: &Path, e: &io::Error) -> Error {
    Error::unable(
        format!("cannot {what} {}: {e}.", path.display()),
        "Your files are in the backup: see labrunner/backups in your state folder \
         (~/.local/state, unless XDG_STATE_HOME names another).",
    )
}

fn folder() -> Result<PathBuf, Error> {
    let strategy = etcetera::base_strategy::Xdg::new().ok();
    let state = strategy.and_then(|strategy| strategy.state_dir());
    Ok(state.ok_or_else(no_home)?.join("labrunner/backups"))
}

fn no_home() -> Error {
    Error::unable(
        "there is no home folder, so nothing of yours can be kept.",
        "Nothing was changed. Name a folder for what labrunner keeps with XDG_STATE_HOME=/path.",
    )
}
