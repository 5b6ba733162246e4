//! The programs of the course that labs need, built when they are not there or older than their
//! sources: the lab binaries, the stimulus, and the agent of the micro-VM. In a workspace they come out of
//! labrunner itself.

mod build;
mod carried;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::cancel::Cancel;
use crate::error::Error;
use crate::workspace::Workspace;
use build::{Words, build};

pub use build::build_command;
pub(crate) use build::cargo;

/// What the programs are made of, relative to the course's root. Of `labs-bpf` only the probe's: an edit
/// of a lab needs clang only, since the runner hands the object to the lab.
const SOURCES: [&str; 6] =
    ["Cargo.lock", "Cargo.toml", "labs", "labs-bpf/probe", "runner/guest", "runner/Cargo.toml"];

/// Where each lab, the stimulus and the probe have a file or a folder, relative to the course's root.
const PROGRAMS: &str = "labs/src/bin";

/// The machine's init and agent.
const AGENT: &str = "labrunner-guest";

/// One of the headers that the build lays out for BPF C.
const HEADER: &str = "labs-bpf/include/bpf/bpf_helpers.h";

/// The built programs.
#[derive(Debug, Clone)]
pub struct Programs {
    folder: PathBuf,
    /// Whether labrunner brought them along.
    pub carried: bool,
}

impl Programs {
    /// The programs, built now if that is needed; `say` is told so. `wanted` are those that are to be run,
    /// besides what every lab needs.
    pub fn find(root: &Path, wanted: &[String], say: &mut dyn FnMut(&str)) -> Result<Self, Error> {
        Self::carried_or_built(root, wanted, say, Words::Shown)
    }

    /// The same where cargo must not write to the terminal: its words are in the error. The build can be
    /// called off.
    pub fn find_quietly(
        root: &Path,
        wanted: &[String],
        say: &mut dyn FnMut(&str),
        cancel: &Cancel,
    ) -> Result<Self, Error> {
        Self::carried_or_built(root, wanted, say, Words::Kept(cancel))
    }

    fn carried_or_built(
        root: &Path,
        wanted: &[String],
        say: &mut dyn FnMut(&str),
        words: Words<'_>,
    ) -> Result<Self, Error> {
        let programs = Self::place(root, wanted, say)?;
        if !programs.carried && !programs.are_fresh(root) {
            say(match words {
                Words::Shown => "Building the lab programs; cargo shows how far it is.",
                Words::Kept(_) => "Building the lab programs …",
            });
            let before = SystemTime::now();
            build(root, &target_folder(root), &triple(), words)?;
            if let Some(name) = programs.missing(root) {
                return Err(not_built(&programs.path(&name)));
            }
            put_stamp(&programs.stamp(), before)?;
        }
        Ok(programs)
    }

    /// Where a run would find them; those that cargo builds may not be there yet, or be old.
    ///
    /// # Errors
    /// This labrunner carries another course, or cargo is needed and not there.
    pub fn place(root: &Path, wanted: &[String], say: &mut dyn FnMut(&str)) -> Result<Self, Error> {
        let workspace = Workspace::of(root)?;
        let carried = workspace.map(|workspace| carried::find(&workspace, wanted, say));
        Ok(match carried.transpose()?.flatten() {
            Some(folder) => Self { folder, carried: true },
            None => Self::of(root),
        })
    }

    /// The programs that are there and need not be built; and of those that labrunner brings along, a source
    /// that is not as it was laid out, for which cargo is needed all the same.
    ///
    /// # Errors
    /// This labrunner carries another course than that of the workspace.
    pub fn there(
        root: &Path,
        say: &mut dyn FnMut(&str),
    ) -> Result<(Option<Self>, Option<PathBuf>), Error> {
        if let Some(workspace) = Workspace::of(root)?
            && let Some(unpacked) = workspace.carried(say)?
        {
            let edited = carried::reason(&workspace, &unpacked, &names(root))?;
            return Ok((Some(Self { folder: unpacked.programs(), carried: true }), edited));
        }
        Ok((Some(Self::of(root)).filter(|programs| programs.are_fresh(root)), None))
    }

    /// Those that cargo builds.
    fn of(root: &Path) -> Self {
        Self { folder: target_folder(root).join(triple()).join("release"), carried: false }
    }

    fn stamp(&self) -> PathBuf {
        self.folder.join(".labrunner-built")
    }

    fn are_fresh(&self, root: &Path) -> bool {
        let built = modified(&self.stamp());
        built.is_some()
            && newest(root, &SOURCES) < built
            && root.join(HEADER).exists()
            && self.missing(root).is_none()
    }

    /// The first program that has a source and is not there.
    fn missing(&self, root: &Path) -> Option<String> {
        names(root).into_iter().find(|name| !self.path(name).is_file())
    }

    /// Path of a program by its name.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// What the programs are built for.
fn triple() -> String {
    format!("{}-unknown-linux-gnu", std::env::consts::ARCH)
}

/// The names of all programs that have a source.
fn names(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root.join(PROGRAMS)).into_iter().flatten().flatten();
    let sources = entries.map(|entry| entry.path());
    let is_program = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "rs")
            || path.join("main.rs").is_file()
    };
    let stem = |path: PathBuf| Some(path.file_stem()?.to_string_lossy().into_owned());
    let mut names: Vec<String> = sources.filter(is_program).filter_map(stem).collect();
    names.push(AGENT.to_string());
    names.sort();
    names
}

/// Writes the stamp of a build, which tells when it began: what changed since is newer.
pub(crate) fn put_stamp(stamp: &Path, begun: SystemTime) -> Result<(), Error> {
    File::create(stamp).and_then(|file| file.set_modified(begun)).map_err(|e| {
        Error::unable(
            format!("cannot write {}: {e}", stamp.display()),
            "The build folder must be writable.",
        )
    })
}

/// Where cargo builds for this course. Cargo is told: a `target-dir` in its configuration does not
/// count.
pub(crate) fn target_folder(root: &Path) -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR").filter(|folder| !folder.is_empty()) {
        Some(folder) => root.join(folder),
        None => root.join("target"),
    }
}

fn not_built(path: &Path) -> Error {
    Error::unable(
        format!("cargo has built the lab programs, but {} is not there.", path.display()),
        format!("Each file of {PROGRAMS} must be a program: move others elsewhere."),
    )
}

/// When a file was changed last.
pub(crate) fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

/// When the youngest of these files and folders was changed, or what is in them.
pub(crate) fn newest(root: &Path, sources: &[&str]) -> Option<SystemTime> {
    // The top is followed if it is a link, what is below is not: links may lead in circles.
    let sources = sources.iter().filter_map(|source| fs::canonicalize(root.join(source)).ok());
    sources.filter_map(|source| newest_below(&source)).max()
}

fn newest_below(path: &Path) -> Option<SystemTime> {
    let metadata = fs::symlink_metadata(path).ok()?;
    let own = metadata.modified().ok();
    if metadata.is_symlink() {
        return own.max(modified(path));
    }
    if !metadata.is_dir() {
        return own;
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    own.max(entries.filter_map(|entry| newest_below(&entry.path())).max())
}
