//! Starts programs of this machine so that they end with this process, however it ends.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use microvm::{find_program, memory};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::cancel::Cancel;
use crate::error::Error;

/// How often a running program is looked at.
const LOOK: Duration = Duration::from_millis(2);

/// A command that runs the program through setpriv(1): the kernel kills it when the *thread* that
/// starts it ends (`PR_SET_PDEATHSIG` in prctl(2)). setpriv turns into the program, so the process
/// number is the program's own.
///
/// # Errors
/// If there is no setpriv. A missing program shows itself only when it is run, by exit status 127.
pub fn tied(program: &str) -> Result<Command, Error> {
    if find_program("setpriv").is_none() {
        return Err(Error::unable(
            format!("{program} cannot be started: setpriv is not installed or not on the PATH."),
            "It makes sure that nothing is left behind. Install it: sudo apt-get install util-linux",
        ));
    }
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", program]);
    Ok(command)
}

/// How a program ended, and what it printed.
#[derive(Debug)]
pub struct Output {
    /// Its exit status.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: String,
}

/// How a wait for a program ended.
#[derive(Debug)]
pub enum Ended {
    /// The program has ended.
    Done(Output),
    /// It has not in time, and was killed, if we may.
    Late,
    /// It was called off, and is gone.
    Cancelled,
}

/// Runs a program to its end, with nothing on its standard input. `None` when it has not ended in
/// time; then it is killed, if we may.
pub fn run_within(command: &mut Command, within: Duration) -> io::Result<Option<Output>> {
    Ok(match run_unless(command, within, &Cancel::default())? {
        Ended::Done(output) => Some(output),
        Ended::Late | Ended::Cancelled => None,
    })
}

/// The same for a program that may be called off: then it is killed, with all that is in its process
/// group if it leads one.
///
/// What it prints goes to files in memory, which neither fill up as pipes do nor are kept open by what
/// it left behind.
pub fn run_unless(command: &mut Command, within: Duration, cancel: &Cancel) -> io::Result<Ended> {
    let (stdout, stderr) = (memory::file("stdout", &[])?, memory::file("stderr", &[])?);
    let deadline = Instant::now() + within;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(stdout.try_clone()?)
        .stderr(stderr.try_clone()?)
        .spawn()?;
    loop {
        if let Some(status) = child.try_wait()? {
            let stderr = String::from_utf8_lossy(&contents(stderr)?).into_owned();
            return Ok(Ended::Done(Output { status, stdout: contents(stdout)?, stderr }));
        }
        if cancel.is_cancelled() {
            // There is no such group if it does not lead one.
            let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
            child.kill()?;
            child.wait()?;
            return Ok(Ended::Cancelled);
        }
        if Instant::now() > deadline {
            // Not waited for: what cannot be killed would hold us up.
            let _ = child.kill();
            return Ok(Ended::Late);
        }
        thread::sleep(LOOK);
    }
}

fn contents(mut file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;

    use super::*;

    fn sh(script: &str, within: Duration) -> Option<Output> {
        let mut command = tied("sh").unwrap();
        run_within(command.args(["-c", script]), within).unwrap()
    }

    #[test]
    fn what_it_printed_and_how_it_ended() {
        let output = sh("echo out; echo err >&2; exit 3", Duration::from_secs(10)).unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert_eq!((&output.stdout[..], output.stderr.as_str()), (&b"out\n"[..], "err\n"));
    }

    #[test]
    fn one_that_hangs_is_killed() {
        let start = Instant::now();
        assert!(sh("exec sleep 60", Duration::from_millis(50)).is_none());
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn one_that_is_called_off_ends_at_once_with_its_group() {
        let folder = tempfile::tempdir().unwrap();
        let note = folder.path().join("pid");
        let cancel = Cancel::default();
        let start = Instant::now();
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut command = tied("sh").unwrap();
                command.args(["-c", "sleep 60 & echo $! >\"$0\"; wait"]).arg(&note);
                let ended = run_unless(command.process_group(0), Duration::from_secs(60), &cancel);
                assert!(matches!(ended, Ok(Ended::Cancelled)), "{ended:?}");
            });
            while !std::fs::read_to_string(&note).is_ok_and(|pid| pid.ends_with('\n')) {
                thread::sleep(LOOK);
            }
            cancel.cancel();
        });
        assert!(start.elapsed() < Duration::from_secs(10));
        let background = std::fs::read_to_string(&note).unwrap();
        let state = || std::fs::read_to_string(format!("/proc/{}/stat", background.trim()));
        while state().is_ok_and(|state| !state.contains(" Z ")) {
            assert!(start.elapsed() < Duration::from_secs(10), "it still runs");
            thread::sleep(LOOK);
        }
    }

    #[test]
    fn what_it_leaves_behind_is_not_waited_for() {
        let output = sh("sleep 3 & echo done", Duration::from_secs(2)).unwrap();
        assert_eq!(output.stdout, b"done\n");
    }
}
