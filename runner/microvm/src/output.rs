//! One program in a machine, from its start to its end.

use std::time::{Duration, Instant};

use labrunner_guest::protocol::{Event, ExitStatus, Stream};

use crate::error::MachineError;
use crate::machine::Machine;

/// The signal that ends a process whatever it does.
const KILL: i32 = 9;

/// What a program printed, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// Exit status or signal.
    pub status: ExitStatus,
}

impl Machine {
    /// Runs a program with an empty standard input to its end; `argv[0]` is its absolute path in the
    /// machine. For a machine in which nothing else runs: what other processes report meanwhile is
    /// lost. All output is kept in memory.
    ///
    /// # Errors
    /// [`MachineError::Agent`] if it cannot be started, [`MachineError::Deadline`] if it has not ended in
    /// time (then it is killed), and whatever ends the machine.
    pub fn run(
        &mut self,
        argv: &[&str],
        env: &[(&str, &str)],
        within: Duration,
    ) -> Result<Output, MachineError> {
        let deadline = Instant::now() + within;
        let program = self.spawn(argv, env)?;
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.next_event(left)? {
                Some(Event::Started { id, .. }) if id == program => self.close_stdin(program)?,
                Some(Event::Output { id, stream: Stream::Stdout, data }) if id == program => {
                    stdout.extend(data);
                }
                Some(Event::Output { id, stream: Stream::Stderr, data }) if id == program => {
                    stderr.extend(data);
                }
                Some(Event::Exited { id, status }) if id == program => {
                    return Ok(Output { stdout, stderr, status });
                }
                Some(Event::Failed { id: Some(id), message }) if id == program => {
                    return Err(MachineError::Agent(message));
                }
                Some(_) => {}
                None => {
                    self.signal(program, KILL)?;
                    let console = self.console();
                    let doing = "running a program";
                    return Err(MachineError::Deadline { doing, after: within, console });
                }
            }
        }
    }
}
