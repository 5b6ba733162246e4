//! Runs the distribution's programs so that they end with this process.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use super::KernelError;
use crate::memory;
use crate::qemu::find_program;

/// How often a running program is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// How often its progress is told.
const TELL: Duration = Duration::from_secs(1);

/// A program that is killed when the thread that started it ends, where setpriv(1) is there to ask
/// the kernel for that. Its messages are English.
pub(super) fn command(program: &'static str) -> Result<Command, KernelError> {
    let path = find_program(program).ok_or(KernelError::NoApt(program))?;
    let mut command = if can_tie() {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(path);
        command
    } else {
        Command::new(path)
    };
    command.env("LC_ALL", "C").stdin(Stdio::null());
    Ok(command)
}

/// True if there is a setpriv that knows `--pdeathsig` (util-linux 2.33 and later).
fn can_tie() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    *CAN.get_or_init(|| {
        let mut trial = Command::new("setpriv");
        trial.args(["--pdeathsig", "KILL", "--", "true"]);
        trial.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        trial.status().is_ok_and(|status| status.success())
    })
}

/// What a program said and how it ended.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) status: ExitStatus,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Runs a program to its end. What it prints goes to files in memory, so that it never waits for a
/// reader and a full disk does not keep it from saying so; `tick` is called about every second.
pub(super) fn run(command: &mut Command, tick: &mut dyn FnMut()) -> Result<Output, KernelError> {
    let program = Path::new(command.get_program()).to_owned();
    let failed = KernelError::io("run", &program);
    let (mut out, mut err) = (
        memory::file("stdout", &[]).map_err(&failed)?,
        memory::file("stderr", &[]).map_err(&failed)?,
    );
    command.stdout(out.try_clone().map_err(&failed)?);
    command.stderr(err.try_clone().map_err(&failed)?);
    let mut child = Guard(start(command)?);
    let mut told = Instant::now();
    let status = loop {
        if let Some(status) = child.0.try_wait().map_err(&failed)? {
            break status;
        }
        if told.elapsed() >= TELL {
            told = Instant::now();
            tick();
        }
        thread::sleep(LOOK);
    };
    let text = |file: &mut File| -> Result<String, KernelError> {
        let mut bytes = vec![];
        file.rewind().and_then(|()| file.read_to_end(&mut bytes)).map_err(&failed)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    Ok(Output { status, stdout: text(&mut out)?, stderr: text(&mut err)? })
}

/// Starts a program; its output is where the command says.
pub(super) fn start(command: &mut Command) -> Result<Child, KernelError> {
    let program = Path::new(command.get_program()).to_owned();
    command.spawn().map_err(KernelError::io("start", &program))
}

/// A running program that is killed when it is no longer wanted.
#[derive(Debug)]
pub(super) struct Guard(pub(super) Child);

impl Drop for Guard {
    fn drop(&mut self) {
        // Both fail if it has ended and been waited for, which is as it should be.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
