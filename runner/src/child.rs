//! Starts programs of this machine so that they end with this process, however it ends.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use microvm::{find_program, memory};

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

/// Runs a program to its end, with nothing on its standard input. `None` when it has not ended in
/// time; then it is killed, if we may.
///
/// What it prints goes to files in memory, which neither fill up as pipes do nor are kept open by what
/// it left behind.
pub fn run_within(command: &mut Command, within: Duration) -> io::Result<Option<Output>> {
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
            return Ok(Some(Output { status, stdout: contents(stdout)?, stderr }));
        }
        if Instant::now() > deadline {
            // Not waited for: what cannot be killed would hold us up.
            let _ = child.kill();
            return Ok(None);
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
    fn what_it_leaves_behind_is_not_waited_for() {
        let output = sh("sleep 3 & echo done", Duration::from_secs(2)).unwrap();
        assert_eq!(output.stdout, b"done\n");
    }
}
