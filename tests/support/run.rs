//! `labrunner` as a learner runs it.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::course::{labrunner, root};

/// A `labrunner` command that is being put together.
pub struct Labrunner {
    command: Command,
}

/// A `labrunner` that has ended.
#[derive(Debug)]
pub struct Finished {
    /// Exit status; -1 for an end by a signal.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// From its start to its end.
    pub took: Duration,
}

impl Labrunner {
    /// The command with these arguments, in the course's folder.
    pub fn new<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Self {
        Self::by(Command::new(labrunner()), arguments)
    }

    /// Another `labrunner` than that of the clone.
    pub fn at<S: AsRef<OsStr>>(file: &Path, arguments: impl IntoIterator<Item = S>) -> Self {
        Self::by(Command::new(file), arguments)
    }

    /// The same started by another program.
    pub fn at_through<S: AsRef<OsStr>>(
        wrapper: &[&str],
        file: &Path,
        arguments: impl IntoIterator<Item = S>,
    ) -> Self {
        let mut command = Command::new(wrapper[0]);
        command.args(&wrapper[1..]).arg(file);
        Self::by(command, arguments)
    }

    /// The command started by another program, such as `unshare`.
    pub fn through<S: AsRef<OsStr>>(
        wrapper: &[&str],
        arguments: impl IntoIterator<Item = S>,
    ) -> Self {
        let mut command = Command::new(wrapper[0]);
        command.args(&wrapper[1..]).arg(labrunner());
        Self::by(command, arguments)
    }

    fn by<S: AsRef<OsStr>>(mut command: Command, arguments: impl IntoIterator<Item = S>) -> Self {
        command.args(arguments).current_dir(root()).stdin(Stdio::null());
        // What the tests' own surroundings say about colours and caches is not the learner's.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            let scrubbed = ["INSTA_", "CLICOLOR", "LABRUNNER_", "LAB_"];
            if name == "NO_COLOR" || scrubbed.iter().any(|prefix| name.starts_with(prefix)) {
                command.env_remove(name);
            }
        }
        // Nor is the default kernel that they have chosen.
        command.env("XDG_CONFIG_HOME", root().join("target/no-settings"));
        // Nor is what they have done so far.
        command.env("XDG_STATE_HOME", root().join("target/test-state"));
        Self { command }
    }

    /// In another folder.
    pub fn within(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        // A copy of the course has a target folder of its own, whatever the tests were built into.
        let target = folder.join("target");
        if target.exists() && folder != root() {
            self.command.env("CARGO_TARGET_DIR", target);
        }
        self
    }

    /// With one more argument.
    pub fn and(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// With more arguments.
    pub fn and_all(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    /// With a standard input that ends when the child's is dropped.
    pub fn listening(mut self) -> Self {
        self.command.stdin(Stdio::piped());
        self
    }

    /// With an environment variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// With this on standard input.
    pub fn given(mut self, input: &str) -> Self {
        use std::io::{Seek, Write};
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(input.as_bytes()).and_then(|()| file.rewind()).unwrap();
        self.command.stdin(file);
        self
    }

    /// With a `PATH` on which these programs cannot be found.
    pub fn without_programs(self, hidden: &[&str]) -> (Self, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let path = std::env::var_os("PATH").unwrap();
        for entry in std::env::split_paths(&path).flat_map(|p| files(&p)) {
            let name = entry.file_name().unwrap().to_owned();
            if !hidden.iter().any(|hidden| name == **hidden) {
                let _ = std::os::unix::fs::symlink(&entry, folder.path().join(name));
            }
        }
        (self.env("PATH", folder.path()), folder)
    }

    /// Runs it to its end.
    pub fn run(mut self) -> Finished {
        let start = Instant::now();
        let output = self.command.output().expect("labrunner starts");
        let took = start.elapsed();
        Finished {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("the output is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("the messages are UTF-8"),
            took,
        }
    }

    /// Starts it; what it prints can be read while it runs.
    pub fn start_talking(mut self) -> Child {
        let piped = self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        piped.spawn().expect("labrunner starts")
    }

    /// Starts it and does not wait; what it prints is thrown away.
    pub fn start(mut self) -> Child {
        self.command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("labrunner starts")
    }
}

impl Finished {
    /// The JSON object on standard output.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {self}"))
    }
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, stdout, stderr, .. } = self;
        write!(f, "exit status {code}\n--- stdout\n{stdout}--- stderr\n{stderr}")
    }
}

/// Asserts the exit status, and that each of these parts was printed.
pub fn ended(done: &Finished, code: i32, parts: &[&str]) {
    assert_eq!(done.code, code, "{done}");
    for part in parts {
        assert!(done.stdout.contains(part) || done.stderr.contains(part), "{part:?} in {done}");
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.flatten().map(|entry| entry.path()).collect()
}
