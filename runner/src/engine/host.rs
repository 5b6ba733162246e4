//! Labs on the running kernel, with rights raised for the lab binary alone.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use microvm::{Event, ProcessId, Stream, find_program};
use rustix::fs::{MemfdFlags, memfd_create};

use super::{Engine, Session};
use crate::error::Error;

/// How long a lab may take to end when its standard input does, before it is killed.
const END: Duration = Duration::from_millis(200);

/// How many events may wait to be looked at; a lab that prints without end is slowed down by this.
const EVENTS_AHEAD: usize = 64;

/// The engine that runs labs on this machine's kernel.
pub struct Host;

impl Engine for Host {
    fn name(&self) -> &'static str {
        "host"
    }

    fn start(&self, say: &mut dyn FnMut(&str)) -> Result<Box<dyn Session>, Error> {
        let rights = Rights::find()?;
        if rights == Rights::Sudo {
            say("The lab itself runs with rights raised by: sudo -- LAB --object FILE …");
        }
        let (sender, events) = sync_channel(EVENTS_AHEAD);
        Ok(Box::new(HostSession {
            rights,
            sender,
            events,
            processes: HashMap::new(),
            provided: Vec::new(),
            next_id: 1,
        }))
    }
}

/// How the lab binary gets the rights to load programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rights {
    /// We are root.
    Own,
    /// By sudo, which may ask for a password on the terminal.
    Sudo,
}

impl Rights {
    fn find() -> Result<Self, Error> {
        if rustix::process::geteuid().is_root() {
            return Ok(Self::Own);
        }
        if find_program("sudo").is_some() {
            return Ok(Self::Sudo);
        }
        Err(Error::unable(
            "Loading BPF programs into this machine's kernel needs rights, and there is no sudo.",
            "Run the lab in a micro-VM, which needs none (leave out `--on host`), or become root \
             for this command.",
        ))
    }

    /// The command that starts a lab. As root, `setpriv` ends the lab if this process ends in any
    /// way; behind sudo, the end of its standard input does.
    fn command(self, argv: &[String]) -> Command {
        let (program, arguments): (_, &[&str]) = match self {
            Self::Own => ("setpriv", &["--pdeathsig", "KILL", "--"]),
            Self::Sudo => ("sudo", &["--preserve-env=LAB_STAGES,LAB_NETNS", "--"]),
        };
        let mut command = Command::new(program);
        command.args(arguments).args(argv);
        command
    }
}

struct HostSession {
    rights: Rights,
    sender: SyncSender<Event>,
    events: Receiver<Event>,
    processes: HashMap<ProcessId, Process>,
    /// Files in memory; they live as long as the session.
    provided: Vec<File>,
    next_id: ProcessId,
}

struct Process {
    pid: u32,
    stdin: Option<ChildStdin>,
    waiter: Option<JoinHandle<()>>,
}

impl Session for HostSession {
    fn ready(&mut self, _say: &mut dyn FnMut(&str)) -> Result<String, Error> {
        Ok(rustix::system::uname().release().to_string_lossy().into_owned())
    }

    fn install(&mut self, program: &Path) -> Result<String, Error> {
        let found = fs::canonicalize(program).map_err(|e| {
            Error::unable(
                format!("cannot find {}: {e}", program.display()),
                "Build the labs: scripts/labrunner list",
            )
        })?;
        Ok(found.to_string_lossy().into_owned())
    }

    fn provide(&mut self, name: &str, bytes: &[u8]) -> Result<String, Error> {
        let made = memfd_create(name, MemfdFlags::CLOEXEC)
            .map_err(io::Error::from)
            .map(File::from)
            .and_then(|mut file| {
                file.write_all(bytes)?;
                file.rewind()?;
                Ok(file)
            });
        let file = made.map_err(|e| {
            Error::unable(format!("cannot make a file in memory: {e}"), "Is the memory used up?")
        })?;
        let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
        self.provided.push(file);
        Ok(path)
    }

    fn spawn(&mut self, argv: &[String], env: &[(&str, &str)]) -> Result<ProcessId, Error> {
        let id = self.next_id;
        self.next_id += 1;
        let mut child = self
            .rights
            .command(argv)
            .envs(env.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| {
                Error::unable(format!("cannot start {}: {e}", argv[0]), "Is util-linux installed?")
            })?;
        let (pid, stdin) = (child.id(), child.stdin.take());
        let sender = self.sender.clone();
        let waiter = Some(thread::spawn(move || report(id, child, &sender)));
        self.processes.insert(id, Process { pid, stdin, waiter });
        Ok(id)
    }

    fn write_stdin(&mut self, id: ProcessId, data: &[u8]) -> Result<(), Error> {
        if let Some(stdin) = self.processes.get_mut(&id).and_then(|p| p.stdin.as_mut()) {
            // A lab that has ended is noticed by its exit.
            let _ = stdin.write_all(data).and_then(|()| stdin.flush());
        }
        Ok(())
    }

    fn close_stdin(&mut self, id: ProcessId) -> Result<(), Error> {
        if let Some(process) = self.processes.get_mut(&id) {
            process.stdin = None;
        }
        Ok(())
    }

    fn next_event(&mut self, within: Duration) -> Result<Option<Event>, Error> {
        match self.events.recv_timeout(within) {
            Ok(event) => Ok(Some(event)),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Ok(None),
        }
    }

    fn notes(&self) -> Option<PathBuf> {
        None
    }

    fn shared(&self) -> bool {
        true
    }
}

impl Drop for HostSession {
    /// Ends what still runs: labs end when their standard input does; those that hang are killed.
    fn drop(&mut self) {
        for process in self.processes.values_mut() {
            process.stdin = None;
        }
        let patience = Instant::now() + END;
        for process in self.processes.values_mut() {
            let Some(waiter) = process.waiter.take() else { continue };
            let mut killed = false;
            while !waiter.is_finished() {
                // Its last events have no reader any more, and must not hold it up.
                let _ = self.events.recv_timeout(Duration::from_millis(5));
                if Instant::now() > patience && !killed {
                    kill(self.rights, process.pid);
                    killed = true;
                }
            }
            let _ = waiter.join();
        }
    }
}

/// Kills a process of this session that has not been waited for yet.
fn kill(rights: Rights, pid: u32) {
    let pid = pid.to_string();
    // sudo cannot be killed by its user, and does not pass SIGKILL on to its child: TERM it is.
    let (program, arguments): (_, &[&str]) = match rights {
        Rights::Own => ("kill", &["-KILL"]),
        Rights::Sudo => ("sudo", &["-n", "kill", "-TERM"]),
    };
    let _ = Command::new(program).args(arguments).arg(pid).stderr(Stdio::null()).status();
}

/// Reports output as it comes, then the end.
fn report(id: ProcessId, mut child: Child, sender: &SyncSender<Event>) {
    let stdout = child.stdout.take().map(|s| forward(id, s, Stream::Stdout, sender.clone()));
    let stderr = child.stderr.take().map(|s| forward(id, s, Stream::Stderr, sender.clone()));
    for thread in [stdout, stderr].into_iter().flatten() {
        let _ = thread.join();
    }
    let event = match child.wait() {
        Ok(status) => Event::Exited { id, status: status.into() },
        Err(e) => Event::Failed { id: Some(id), message: format!("cannot wait for it: {e}") },
    };
    let _ = sender.send(event);
}

fn forward(
    id: ProcessId,
    mut from: impl Read + Send + 'static,
    stream: Stream,
    sender: SyncSender<Event>,
) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let data = buffer[..length].to_vec();
            if sender.send(Event::Output { id, stream, data }).is_err() {
                return;
            }
        }
    })
}
