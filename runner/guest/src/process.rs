//! A process that the host asked for, and the threads that report on it.

use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;

use labrunner_guest::protocol::{Event, ProcessId, Stream};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::agent::Reports;

/// How much output travels in one frame, in bytes.
const CHUNK: usize = 64 << 10;

/// A process that was started; it may have ended since.
pub(crate) struct Process {
    group: Pid,
    stdin: Option<ChildStdin>,
}

impl Process {
    /// Starts a process and the threads that report what it writes and how it ends.
    pub(crate) fn spawn(
        id: ProcessId,
        argv: &[String],
        env: &[(String, String)],
        reports: Reports,
    ) -> io::Result<Self> {
        let (program, arguments) = argv
            .split_first()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no program given"))?;
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            .env("PATH", "/bin:/sbin:/usr/bin:/usr/sbin")
            .envs(env.iter().map(|(name, value)| (name, value)))
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let group = Pid::from_child(&child);
        reports.send(&Event::Started { id, pid: child.id() });
        let stdin = child.stdin.take();
        thread::spawn(move || report(id, child, group, &reports));
        Ok(Self { group, stdin })
    }

    /// Writes to its standard input. A process that has closed it is left alone, as a shell would.
    pub(crate) fn write(&mut self, data: &[u8]) -> io::Result<()> {
        let Some(stdin) = &mut self.stdin else { return Ok(()) };
        match stdin.write_all(data).and_then(|()| stdin.flush()) {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => {
                self.stdin = None;
                Ok(())
            }
            done => done,
        }
    }

    /// Ends its standard input.
    pub(crate) fn close_stdin(&mut self) {
        self.stdin = None;
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
fn report(id: ProcessId, mut child: Child, group: Pid, reports: &Reports) {
    let stdout = child.stdout.take().map(|s| forward(id, s, Stream::Stdout, reports.clone()));
    let stderr = child.stderr.take().map(|s| forward(id, s, Stream::Stderr, reports.clone()));
    let ended = child.wait();
    let _ = kill_process_group(group, Signal::KILL);
    for thread in [stdout, stderr].into_iter().flatten() {
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
