//! How lab programs get the rights to load BPF programs, and how such programs are ended.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use microvm::find_program;
use rustix::process::{Pid, Signal, kill_process_group};

use crate::child::{run_within, tied};
use crate::error::Error;

/// How long sudo may take for an answer for which it need not ask anybody.
const ANSWER: Duration = Duration::from_secs(10);

/// How long sudo may take to send a signal.
const SIGNAL: Duration = Duration::from_millis(300);

/// How a lab program gets the rights to load BPF programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rights {
    /// We are root.
    Own,
    /// By sudo, which may ask for a password on the terminal, but only in [`Rights::find`].
    Sudo,
}

impl Rights {
    /// Gets the rights now, before any clock runs: somebody may have to type a password.
    pub(super) fn find() -> Result<Self, Error> {
        if rustix::process::geteuid().is_root() {
            return Ok(Self::Own);
        }
        if find_program("sudo").is_none() {
            return Err(no_rights("there is no sudo."));
        }
        // Where no password is needed, `sudo -v` may want one all the same (see verifypw in
        // sudoers(5)).
        if try_sudo().is_err() {
            ask_for_password()?;
            try_sudo().map_err(|words| no_rights(&format!("sudo says: {words}")))?;
        }
        Ok(Self::Sudo)
    }

    /// The rights, if nobody has to be asked for a password.
    pub(super) fn have() -> Result<Self, Error> {
        if rustix::process::geteuid().is_root() {
            return Ok(Self::Own);
        }
        match try_sudo() {
            Ok(()) => Ok(Self::Sudo),
            Err(words) => Err(Error::unable(
                format!("sudo has to ask for your password again ({words})."),
                "In the terminal, press r: it asks then. Elsewhere, run sudo -v first.",
            )),
        }
    }

    /// The command that starts a program with these rights and environment variables.
    ///
    /// As root, the program is killed if this process ends in any way, and what it starts is in its
    /// process group. Behind sudo, the end of its standard input ends it. To keep variables, sudo wants
    /// a right of its own (`SETENV`): `env` sets them instead.
    pub(super) fn command(self, argv: &[String], env: &[(&str, &str)]) -> Result<Command, Error> {
        match self {
            Self::Own => {
                let mut command = tied(&argv[0])?;
                command.args(&argv[1..]).envs(env.iter().copied()).process_group(0);
                Ok(command)
            }
            Self::Sudo => {
                let mut command = Command::new("sudo");
                command.args(["-n", "--", "env"]);
                command.args(env.iter().map(|(name, value)| format!("{name}={value}"))).args(argv);
                Ok(command)
            }
        }
    }

    /// Ends a program that was started by such a command and has not been waited for. With `gently`
    /// it may be asked to end, where that is the better way.
    pub(super) fn end(self, pid: u32, gently: bool) {
        match self {
            Self::Own => {
                if let Some(group) = Pid::from_raw(pid.cast_signed()) {
                    let _ = kill_process_group(group, Signal::KILL);
                }
            }
            // sudo passes TERM on. It cannot pass KILL on: that is for what it started.
            Self::Sudo if gently => signal_by_sudo("TERM", &[pid]),
            Self::Sudo => signal_by_sudo("KILL", &programs_of(pid)),
        }
    }
}

/// The programs that run behind a sudo: all its descendants, or itself if it has turned into the
/// program.
pub(super) fn programs_of(sudo: u32) -> Vec<u32> {
    let below = descendants(sudo);
    if below.is_empty() { vec![sudo] } else { below }
}

fn descendants(pid: u32) -> Vec<u32> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children: Vec<u32> = children
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    children.iter().flat_map(|&child| [vec![child], descendants(child)].concat()).collect()
}

/// The shell's own `kill` is used: slim systems have no program of that name.
fn signal_by_sudo(signal: &str, pids: &[u32]) {
    let mut command = Command::new("sudo");
    command
        .args(["-n", "--", "sh", "-c", r#"kill -s "$0" "$@""#, signal])
        .args(pids.iter().map(u32::to_string));
    let _ = run_within(&mut command, SIGNAL);
}

/// Whether sudo runs programs for us without a question; otherwise its words.
fn try_sudo() -> Result<(), String> {
    let mut command = Command::new("sudo");
    match run_within(command.args(["-n", "--", "env", "true"]), ANSWER) {
        Ok(Some(output)) if output.status.success() => Ok(()),
        Ok(Some(output)) => Err(words(&output.stderr)),
        Ok(None) => Err(format!("nothing, for {} s", ANSWER.as_secs())),
        Err(e) => Err(e.to_string()),
    }
}

/// Has sudo ask for the password. What it says is shown as it comes, and kept for the error.
fn ask_for_password() -> Result<(), Error> {
    let not_started = |e: io::Error| no_rights(&format!("sudo does not start: {e}."));
    let mut child = Command::new("sudo")
        .arg("-v")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(not_started)?;
    let mut said = Vec::new();
    if let Some(mut stderr) = child.stderr.take() {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = stderr.read(&mut buffer) {
            let _ = io::stderr().write_all(&buffer[..length]);
            said.extend_from_slice(&buffer[..length]);
        }
    }
    if child.wait().map_err(not_started)?.success() {
        return Ok(());
    }
    Err(no_rights(&format!("sudo says: {}", words(&String::from_utf8_lossy(&said)))))
}

/// What a program said, on one line.
fn words(said: &str) -> String {
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() { "nothing".into() } else { lines.join("; ") }
}

fn no_rights(why: &str) -> Error {
    Error::unable(
        format!("Loading BPF programs into this machine's kernel needs rights, and {why}"),
        "Run the lab in a micro-VM, which needs none (leave out `--on host`), or become root for \
         this command.",
    )
}
