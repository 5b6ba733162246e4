//! A process that the host asked for, and the threads that report on it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;

use labrunner_guest::protocol::{Event, ProcessId, Size, Stream};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::agent::Reports;
use crate::terminal;

/// How much output travels in one frame, in bytes.
const CHUNK: usize = 64 << 10;

/// A process that was started; it may have ended since.
pub(crate) struct Process {
    group: Pid,
    input: Option<Input>,
}

/// Where its standard input comes from.
enum Input {
    Pipe(ChildStdin),
    Terminal(File),
}

impl Process {
    /// Starts a process and the threads that report what it writes and how it ends.
    pub(crate) fn spawn(
        id: ProcessId,
        argv: &[String],
        env: &[(String, String)],
        terminal: Option<Size>,
        reports: Reports,
    ) -> io::Result<Self> {
        let (program, arguments) = argv
            .split_first()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no program given"))?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .env("PATH", "/bin:/sbin:/usr/bin:/usr/sbin")
            .envs(env.iter().map(|(name, value)| (name, value)))
            .current_dir("/");
        let ends = match terminal {
            Some(size) => Some(terminal::open(size)?),
            None => None,
        };
        match &ends {
            Some(terminal) => {
                let far = || terminal.far.try_clone();
                command.stdin(far()?).stdout(far()?).stderr(far()?);
            }
            None => {
                let streams = [Stdio::piped(), Stdio::piped(), Stdio::piped()];
                let [stdin, stdout, stderr] = streams;
                command.process_group(0).stdin(stdin).stdout(stdout).stderr(stderr);
            }
        }
        choose_number(id);
        let mut child = command.spawn()?;
        // Of the far end, the process has the only copies: its end is the end of the output.
        drop(command);
        let group = Pid::from_child(&child);
        reports.send(&Event::Started { id, pid: child.id() });
        let mut outputs: Vec<(Box<dyn Read + Send>, Stream)> = Vec::new();
        let input = match ends {
            Some(terminal) => {
                outputs.push((Box::new(terminal.near.try_clone()?), Stream::Stdout));
                Some(Input::Terminal(terminal.near))
            }
            None => {
                outputs.extend(child.stdout.take().map(|s| (Box::new(s) as _, Stream::Stdout)));
                outputs.extend(child.stderr.take().map(|s| (Box::new(s) as _, Stream::Stderr)));
                child.stdin.take().map(Input::Pipe)
            }
        };
        thread::spawn(move || report(id, child, outputs, group, &reports));
        Ok(Self { group, input })
    }

    /// Writes to its standard input. A process that has closed it is left alone, as a shell would.
    pub(crate) fn write(&mut self, data: &[u8]) -> io::Result<()> {
        let written = match &mut self.input {
            Some(Input::Pipe(pipe)) => pipe.write_all(data).and_then(|()| pipe.flush()),
            Some(Input::Terminal(terminal)) => terminal.write_all(data),
            None => return Ok(()),
        };
        match written {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => {
                self.input = None;
                Ok(())
            }
            done => done,
        }
    }

    /// Ends its standard input.
    pub(crate) fn close_stdin(&mut self) {
        self.input = None;
    }

    /// Gives its terminal another size; one without a terminal is left alone.
    pub(crate) fn resize(&self, size: Size) -> io::Result<()> {
        match &self.input {
            Some(Input::Terminal(near)) => terminal::resize(near, size),
            _ => Ok(()),
        }
    }

    /// Sends a signal to its process group; nothing happens when the group has ended.
    pub(crate) fn signal(&self, signal: i32) -> io::Result<()> {
        let signal = Signal::from_named_raw(signal)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no such signal"))?;
        match kill_process_group(self.group, signal) {
            Err(rustix::io::Errno::SRCH) => Ok(()),
            done => Ok(done?),
        }
    }
}

/// Reports output as it comes, then the end. What the process left in its group is ended with it, or
/// a forgotten child that holds the pipes open would keep the end from being reported.
fn report(
    id: ProcessId,
    mut child: Child,
    outputs: Vec<(Box<dyn Read + Send>, Stream)>,
    group: Pid,
    reports: &Reports,
) {
    let threads: Vec<_> = outputs
        .into_iter()
        .map(|(output, stream)| forward(id, output, stream, reports.clone()))
        .collect();
    let ended = child.wait();
    let _ = kill_process_group(group, Signal::KILL);
    for thread in threads {
        let _ = thread.join();
    }
    reports.send(&match ended {
        Ok(status) => Event::Exited { id, status: status.into() },
        Err(e) => Event::Failed { id: Some(id), message: format!("cannot wait for it: {e}") },
    });
}

fn forward(
    id: ProcessId,
    mut from: impl Read + Send + 'static,
    stream: Stream,
    reports: Reports,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut buffer = vec![0; CHUNK];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let data = buffer[..length].to_vec();
            reports.send(&Event::Output { id, stream, data });
        }
    })
}

/// Has the next process get a number that depends only on how many were started before it, and not on
/// how many threads the kernel has made for itself: it may be a constant in a verifier's log. Without
/// `CONFIG_CHECKPOINT_RESTORE` there is no such file, and the number is any.
fn choose_number(id: ProcessId) {
    let last = 1000 * (id % 16 + 1) - 1;
    let _ = std::fs::write("/proc/sys/kernel/ns_last_pid", last.to_string());
}
