//! The programs of the course that labs need, built when they are not there or older than their
//! sources: the lab binaries, the stimulus, and the agent of the micro-VM.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use microvm::find_program;

use crate::cancel::{Cancel, called_off};
use crate::child::{Ended, run_unless, tied};
use crate::error::Error;

/// What the programs are made of, relative to the course's root. Of `labs-bpf` only the probe's: an edit
/// of a lab needs clang only, since the runner hands the object to the lab.
const SOURCES: [&str; 6] =
    ["Cargo.lock", "Cargo.toml", "labs", "labs-bpf/probe", "runner/guest", "runner/Cargo.toml"];

/// Where each lab, the stimulus and the probe have a file or a folder, relative to the course's root.
const PROGRAMS: &str = "labs/src/bin";

/// The machine's init and agent.
const AGENT: &str = "labrunner-guest";

/// What in the environment would replace the settings for static programs, or move the programs to
/// another place.
const FOREIGN: [&str; 5] = [
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_TARGET_DIR",
];

/// One of the headers that the build lays out for BPF C.
const HEADER: &str = "labs-bpf/include/bpf/bpf_helpers.h";

/// Settings for static programs, relative to the course's root.
const SETTINGS: &str = "labs/static.toml";

/// How long a build may take that nobody looks at.
const DEADLINE: Duration = Duration::from_secs(3600);

/// What is done with the words of cargo.
#[derive(Debug, Clone, Copy)]
enum Words<'a> {
    /// They go to standard error as they come.
    Shown,
    /// They are in the error, and the build can be called off.
    Kept(&'a Cancel),
}

/// The built programs.
#[derive(Debug, Clone)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// The programs, built now if that is needed; `say` is told so.
    pub fn find(root: &Path, say: &mut dyn FnMut(&str)) -> Result<Self, Error> {
        Self::find_or_build(root, say, Words::Shown)
    }

    /// The same where cargo must not write to the terminal: its words are in the error. The build can be
    /// called off.
    pub fn find_quietly(
        root: &Path,
        say: &mut dyn FnMut(&str),
        cancel: &Cancel,
    ) -> Result<Self, Error> {
        Self::find_or_build(root, say, Words::Kept(cancel))
    }

    fn find_or_build(
        root: &Path,
        say: &mut dyn FnMut(&str),
        words: Words<'_>,
    ) -> Result<Self, Error> {
        let programs = Self::of(root);
        if !programs.are_fresh(root) {
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

    /// The programs, if they are there and need not be built.
    pub fn built(root: &Path) -> Option<Self> {
        Some(Self::of(root)).filter(|programs| programs.are_fresh(root))
    }

    fn of(root: &Path) -> Self {
        Self { folder: target_folder(root).join(triple()).join("release") }
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

/// The cargo command, as a learner would type it in the course's folder.
pub fn build_command(triple: &str) -> Vec<String> {
    format!(
        "cargo build --release --config {SETTINGS} --target {triple} -p labs -p labrunner-guest"
    )
    .split(' ')
    .map(str::to_string)
    .collect()
}

fn build(root: &Path, target: &Path, triple: &str, shown: Words<'_>) -> Result<(), Error> {
    let words = build_command(triple);
    let Words::Kept(cancel) = shown else {
        return match cargo(root, target, &words)? {
            true => Ok(()),
            false => Err(does_not_build("cargo says why above")),
        };
    };
    let mut command = cargo_command(root, target, &words)?;
    if colored::control::SHOULD_COLORIZE.should_colorize() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    // The compilers that cargo has started would go on without it, and write after the next ones.
    command.process_group(0);
    match run_unless(&mut command, DEADLINE, cancel).map_err(|e| no_cargo(&e.to_string()))? {
        Ended::Done(output) if output.status.success() => Ok(()),
        Ended::Done(output) => {
            Err(does_not_build(&format!("cargo says:\n\n{}\n\n", output.stderr.trim_end())))
        }
        Ended::Late => Err(does_not_build("cargo does not end")),
        Ended::Cancelled => Err(called_off()),
    }
}

/// Beside the reason, which is a part of a sentence.
fn does_not_build(why: &str) -> Error {
    let stop = if why.ends_with('\n') { "" } else { ". " };
    Error::Build(format!(
        "The lab programs do not build; {why}{stop}If you changed nothing in labs/, a library may be \
         missing: scripts/labrunner installs it."
    ))
}

/// Runs a cargo command in the course's folder; whether it could build.
pub(crate) fn cargo(root: &Path, target: &Path, words: &[String]) -> Result<bool, Error> {
    let status = cargo_command(root, target, words)?.status();
    Ok(status.map_err(|e| no_cargo(&e.to_string()))?.success())
}

fn cargo_command(root: &Path, target: &Path, words: &[String]) -> Result<Command, Error> {
    if find_program(&words[0]).is_none() {
        return Err(no_cargo("it is not installed or not on the PATH"));
    }
    let mut command = tied(&words[0])?;
    for name in FOREIGN {
        command.env_remove(name);
    }
    command
        .args(&words[1..])
        .arg("--target-dir")
        .arg(target)
        .current_dir(root)
        // A learner's BPF C that does not compile is clang's to explain, not cargo's.
        .env("LABS_BROKEN_OBJECTS", "allow")
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    Ok(command)
}

fn no_cargo(why: &str) -> Error {
    Error::unable(
        format!("cargo does not start: {why}."),
        "The programs of the course are written in Rust; install it from rustup.rs, or with \
         sudo apt-get install cargo.",
    )
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
