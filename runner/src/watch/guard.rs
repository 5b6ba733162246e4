//! Gives the terminal back after SIGKILL, which leaves its victim no time for that.
//!
//! A second process waits until the first is gone, which closes a pipe between them. If the terminal is still
//! as the first had it, it gets its former settings back; if not, somebody has seen to it already, and is
//! not to be disturbed.

use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::stdio::{stderr, stdin};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use super::terminal::taken;
use crate::error::PASSED;

/// The hidden command that it is.
const COMMAND: &str = "watch-guard";

/// How long it may take to start.
const START: Duration = Duration::from_secs(1);

/// Signals from the terminal are not for it: it is in its background, where changing settings would stop
/// it. A program keeps ignoring what was ignored when it started.
const IGNORING: &str = r#"trap "" HUP INT QUIT TERM TSTP TTIN TTOU; exec "$0" "$@""#;

/// A guard that stands, for as long as this is there.
pub struct Guard {
    _alive: PipeWriter,
}

impl Guard {
    /// Posts one. The terminal may be taken over when this returns. `None` if it does not come: then only
    /// SIGKILL does harm.
    pub fn post() -> Option<Self> {
        let (gone, alive) = pipe().ok()?;
        let (mut word, ready) = pipe().ok()?;
        let terminal = rustix::io::dup(stdin()).ok()?;
        // By our number: in the shell, `self` would be the shell.
        let program = format!("/proc/{}/exe", std::process::id());
        let mut child = Command::new("sh")
            .args(["-c", IGNORING, &program, COMMAND])
            .stdin(gone)
            .stdout(ready)
            .stderr(Stdio::from(terminal))
            .process_group(0)
            .spawn()
            .ok()?;
        // Nobody waits for it for long: it ends right after us.
        std::thread::spawn(move || child.wait());
        is_ready(&mut word).then_some(Self { _alive: alive })
    }
}

fn is_ready(word: &mut PipeReader) -> bool {
    let within = Timespec { tv_sec: START.as_secs().cast_signed(), tv_nsec: 0 };
    let come = poll(&mut [PollFd::new(word, PollFlags::IN)], Some(&within));
    come.is_ok_and(|ready| ready > 0) && word.read(&mut [0]).is_ok_and(|length| length == 1)
}

/// What the second process does. Its standard error is the terminal.
pub fn stand() -> u8 {
    let Ok(before) = tcgetattr(stderr()) else { return PASSED };
    let mut out = std::io::stdout();
    let _ = out.write_all(b"!").and_then(|()| out.flush());
    let mut buffer = [0; 16];
    while std::io::stdin().read(&mut buffer).is_ok_and(|length| length > 0) {}
    if tcgetattr(stderr()).is_ok_and(|now| is_equal(&now, &taken(&before))) {
        let _ = tcsetattr(stderr(), OptionalActions::Now, &before);
        // What is left of the status; a shell may have printed its prompt before it.
        let _ = std::io::stderr().write_all(b"\x1b[J");
    }
    PASSED
}

fn is_equal(one: &Termios, other: &Termios) -> bool {
    one.local_modes == other.local_modes
        && one.input_modes == other.input_modes
        && one.output_modes == other.output_modes
}
