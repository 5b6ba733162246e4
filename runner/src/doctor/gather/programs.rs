//! The programs of this machine, and what they say of themselves.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::super::facts::Program;
use crate::child::run_within;
use crate::tools;

/// How long a program may take to tell its version. They take a few hundredths of a second.
const ANSWER: Duration = Duration::from_secs(5);

/// The programs, and how each is asked for its version; sudo is not asked, since it may write that down.
const PROGRAMS: [(&str, Option<&str>); 9] = [
    ("clang", Some("--version")),
    ("setpriv", Some("--version")),
    ("git", Some("--version")),
    ("cargo", Some("--version")),
    ("bpftool", Some("version")),
    ("ip", Some("-V")),
    ("strace", Some("--version")),
    ("sudo", None),
    ("QEMU", Some("--version")),
];

/// Those that are there. Each is asked in a thread of its own.
pub(super) fn all() -> BTreeMap<String, Program> {
    std::thread::scope(|scope| {
        let asked = PROGRAMS.map(|(name, argument)| {
            let name = if name == "QEMU" { microvm::program() } else { name };
            scope.spawn(move || Some((name.to_string(), ask(name, argument)?)))
        });
        asked.into_iter().filter_map(|thread| thread.join().ok().flatten()).collect()
    })
}

fn ask(name: &str, argument: Option<&str>) -> Option<Program> {
    let path = tools::find(name)?;
    let version = argument.and_then(|argument| first_line(&path, argument));
    let bpf = (name == "clang").then(|| knows_bpf(&path));
    Some(Program { path: path.display().to_string(), version, bpf })
}

/// The first line of its answer, if it ends with success.
fn first_line(path: &Path, argument: &str) -> Option<String> {
    let output = answer(path, argument)?;
    output.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_string)
}

fn knows_bpf(clang: &Path) -> bool {
    let targets = answer(clang, "--print-targets").unwrap_or_default();
    targets.lines().any(|line| line.split_whitespace().next() == Some("bpf"))
}

fn answer(path: &Path, argument: &str) -> Option<String> {
    let mut command = Command::new(path);
    let output = run_within(command.arg(argument).env("LC_ALL", "C"), ANSWER).ok()??;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
