//! The programs of the course that labs need, built when they are not there or older than their
//! sources: the lab binaries, the stimulus, and the agent of the micro-VM.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use crate::error::Error;

/// What the programs are made of, relative to the course's root. Not `labs-bpf`: an edit there needs
/// clang only, since the runner hands the object to the lab.
const SOURCES: [&str; 5] =
    ["Cargo.lock", "Cargo.toml", "labs", "runner/guest", "runner/Cargo.toml"];

/// One of the headers that the build lays out for BPF C.
const HEADER: &str = "labs-bpf/include/bpf/bpf_helpers.h";

/// Settings for static programs, relative to the course's root.
const SETTINGS: &str = "labs/static.toml";

/// The built programs.
#[derive(Debug, Clone)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// The programs, built now if that is needed; `say` is told so.
    pub fn find(root: &Path, say: &mut dyn FnMut(&str)) -> Result<Self, Error> {
        let target = target_folder(root);
        let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
        let folder = target.join(&triple).join("release");
        let stamp = folder.join(".labrunner-built");
        let built = modified(&stamp);
        if built.is_none() || newest(root) >= built || !root.join(HEADER).exists() {
            say("Building the lab programs …");
            let before = SystemTime::now();
            build(root, &triple)?;
            // The stamp tells when the build began: what changed since is newer.
            File::create(&stamp).and_then(|file| file.set_modified(before)).map_err(|e| {
                Error::unable(
                    format!("cannot write {}: {e}", stamp.display()),
                    "The build folder must be writable.",
                )
            })?;
        }
        Ok(Self { folder })
    }

    /// Path of a program by its name.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Where cargo builds for this course.
fn target_folder(root: &Path) -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
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

fn build(root: &Path, triple: &str) -> Result<(), Error> {
    let words = build_command(triple);
    let status = Command::new(&words[0])
        .args(&words[1..])
        .current_dir(root)
        // A learner's BPF C that does not compile is clang's to explain, not cargo's.
        .env("LABS_BROKEN_OBJECTS", "allow")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .map_err(|e| {
            Error::unable(
                format!("cargo does not start: {e}."),
                "The lab programs are written in Rust; install it from rustup.rs, or with \
                 sudo apt-get install cargo.",
            )
        })?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Build(
        "The lab programs do not build; cargo says why above. If you changed nothing in labs/, a \
         library may be missing: scripts/labrunner installs it."
            .into(),
    ))
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

/// When the youngest source was changed.
fn newest(root: &Path) -> Option<SystemTime> {
    SOURCES.iter().filter_map(|source| newest_below(&root.join(source))).max()
}

fn newest_below(path: &Path) -> Option<SystemTime> {
    let own = modified(path);
    let Ok(entries) = fs::read_dir(path) else { return own };
    let below = entries.flatten().filter_map(|entry| newest_below(&entry.path())).max();
    own.max(below)
}
