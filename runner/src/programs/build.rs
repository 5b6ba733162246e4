//! Has cargo build the programs.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use microvm::find_program;

use crate::cancel::{Cancel, called_off};
use crate::child::{Ended, run_unless, tied};
use crate::error::Error;

/// What sets up a clone, relative to the course's root. A workspace has none.
const SET_UP: &str = "scripts/labrunner";

/// The packages with what the programs are linked with, and with what links them.
pub(super) const LIBRARIES: &str = "gcc make pkg-config libelf-dev zlib1g-dev";

/// What in the environment would replace the settings for static programs, or move the programs to
/// another place.
const FOREIGN: [&str; 5] = [
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_TARGET_DIR",
];

/// Settings for static programs, relative to the course's root.
const SETTINGS: &str = "labs/static.toml";

/// How long a build may take that nobody looks at.
const DEADLINE: Duration = Duration::from_secs(3600);

/// What is done with the words of cargo.
#[derive(Debug, Clone, Copy)]
pub(super) enum Words<'a> {
    /// They go to standard error as they come.
    Shown,
    /// They are in the error, and the build can be called off.
    Kept(&'a Cancel),
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

pub(super) fn build(
    root: &Path,
    target: &Path,
    triple: &str,
    shown: Words<'_>,
) -> Result<(), Error> {
    let words = build_command(triple);
    let Words::Kept(cancel) = shown else {
        return match cargo(root, target, &words)? {
            true => Ok(()),
            false => Err(does_not_build(root, "cargo says why above")),
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
            Err(does_not_build(root, &format!("cargo says:\n\n{}\n\n", output.stderr.trim_end())))
        }
        Ended::Late => Err(does_not_build(root, "cargo does not end")),
        Ended::Cancelled => Err(called_off()),
    }
}

/// Beside the reason, which is a part of a sentence.
fn does_not_build(root: &Path, why: &str) -> Error {
    let stop = if why.ends_with('\n') { "" } else { ". " };
    let install = match root.join(SET_UP).is_file() {
        true => format!("{SET_UP} installs it."),
        false => format!("sudo apt-get install {LIBRARIES}"),
    };
    Error::Build(format!(
        "The lab programs do not build; {why}{stop}If you changed nothing in labs/, a library may be \
         missing: {install}"
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
