//! Labs on the running kernel, with rights raised for the lab binary alone.

mod rights;
mod turn;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use microvm::{Event, ProcessId, Stream, Trouble, memory};
use rustix::process::{Pid, Signal, kill_process_group};

use self::rights::{Rights, programs_of};
use self::turn::Turn;
use super::{Engine, Session};
use crate::error::Error;
use crate::tools::find_needed;

/// How long a lab may take to end when its standard input does, and when it is asked to.
const END: Duration = Duration::from_millis(200);

/// How long one that was killed may take to end.
const KILLED: Duration = Duration::from_millis(600);

/// How many events may wait to be looked at; a lab that prints without end is slowed down by this.
const EVENTS_AHEAD: usize = 64;

/// The engine that runs labs on this machine's kernel.
pub struct Host;

impl Engine for Host {
    fn name(&self) -> &'static str {
        "host"
    }

    fn start(&self, say: &mut dyn FnMut(&str)) -> Result<Box<dyn Session>, Error> {
        Ok(start(Rights::find()?, say))
    }
}

/// The same engine where nobody may be asked for a password, since keys have another meaning: [`ask`] does
/// so before.
pub struct QuietHost;

impl Engine for QuietHost {
    fn name(&self) -> &'static str {
        "host"
    }

    fn start(&self, say: &mut dyn FnMut(&str)) -> Result<Box<dyn Session>, Error> {
        Ok(start(Rights::have()?, say))
    }
}

/// Gets the rights that runs need; sudo may ask for the password.
///
/// # Errors
/// There are none to be had.
pub fn ask() -> Result<(), Error> {
    Rights::find().map(drop)
}

fn start(rights: Rights, say: &mut dyn FnMut(&str)) -> Box<dyn Session> {
    if rights == Rights::Sudo {
        say("The lab itself runs with rights raised by: sudo -- env LAB_STAGES=1 LAB");
    }
    let turn = Turn::take(say);
    let (sender, events) = sync_channel(EVENTS_AHEAD);
    Box::new(HostSession {
        rights,
        sender,
        events,
        processes: HashMap::new(),
        provided: Vec::new(),
        next_id: 1,
        _turn: turn,
    })
}

struct HostSession {
    rights: Rights,
    sender: SyncSender<Event>,
    events: Receiver<Event>,
    processes: HashMap<ProcessId, Process>,
    /// Files in memory; they live as long as the session.
    provided: Vec<File>,
    next_id: ProcessId,
    _turn: Option<Turn>,
}

struct Process {
    name: String,
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
                "Its source is labs/src/bin/ and its name: a file with .rs, or a folder. Is it there?",
            )
        })?;
        Ok(found.to_string_lossy().into_owned())
    }

    fn install_bytes(&mut self, name: &str, _bytes: &[u8]) -> Result<String, Error> {
        Err(Error::Usage(format!("{name} was handed in, and is run in a micro-VM only.")))
    }

    fn provide(&mut self, name: &str, bytes: &[u8]) -> Result<String, Error> {
        let file = memory::file(name, bytes).map_err(|e| {
            Error::unable(format!("cannot make a file in memory: {e}"), "Is the memory used up?")
        })?;
        let path = memory::path_of(&file);
        self.provided.push(file);
        Ok(path)
    }

    fn install_tools(&mut self, names: &[String]) -> Result<(), Error> {
        names.iter().try_for_each(|name| find_needed(name).map(|_| ()))
    }

    fn spawn(&mut self, argv: &[String], env: &[(&str, &str)]) -> Result<ProcessId, Error> {
        let id = self.next_id;
        self.next_id += 1;
        let mut child = self
            .rights
            .command(argv, env)?
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| {
                Error::unable(format!("cannot start {}: {e}", argv[0]), "Is the memory used up?")
            })?;
        let (pid, stdin) = (child.id(), child.stdin.take());
        let group = (self.rights == Rights::Own).then(|| Pid::from_child(&child));
        let sender = self.sender.clone();
        let waiter = Some(thread::spawn(move || report(id, child, group, &sender)));
        let name = argv[0].rsplit('/').next().unwrap_or_default().to_string();
        self.processes.insert(id, Process { name, pid, stdin, waiter });
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

    fn notes(&self) -> Option<String> {
        None
    }

    fn keep_notes(&self, _text: &str) {}

    fn trouble(&self) -> Option<Trouble> {
        None
    }

    fn shared(&self) -> bool {
        true
    }
}

impl Drop for HostSession {
    /// Ends what still runs: labs end when their standard input does; those that hang are killed. One
    /// that cannot be killed is named and left alone.
    fn drop(&mut self) {
        for process in self.processes.values_mut() {
            process.stdin = None;
        }
        let rights = self.rights;
        self.wait_for_ends(END);
        if rights == Rights::Sudo {
            self.running().for_each(|process| rights.end(process.pid, true));
            self.wait_for_ends(END);
        }
        self.running().for_each(|process| rights.end(process.pid, false));
        self.wait_for_ends(KILLED);
        for Process { name, pid, .. } in self.running() {
            let pids: Vec<String> = match rights {
                Rights::Own => vec![pid.to_string()],
                Rights::Sudo => programs_of(*pid).iter().map(u32::to_string).collect(),
            };
            let pids = pids.join(" ");
            eprintln!("{name} does not end (process {pids}). End it: sudo kill -KILL {pids}");
        }
    }
}

impl HostSession {
    fn running(&self) -> impl Iterator<Item = &Process> {
        let runs = |process: &&Process| process.waiter.as_ref().is_some_and(|w| !w.is_finished());
        self.processes.values().filter(runs)
    }

    /// Waits until all have ended, but no longer than this.
    fn wait_for_ends(&self, within: Duration) {
        let deadline = Instant::now() + within;
        while self.running().next().is_some() && Instant::now() < deadline {
            // Their last events have no reader any more, and must not hold them up.
            let _ = self.events.recv_timeout(Duration::from_millis(5));
        }
    }
}

/// Reports output as it comes, then the end. What the process left in its group is ended with it, or
/// a forgotten child that holds the pipes open would keep the end from being reported.
fn report(id: ProcessId, mut child: Child, group: Option<Pid>, sender: &SyncSender<Event>) {
    let stdout = child.stdout.take().map(|s| forward(id, s, Stream::Stdout, sender.clone()));
    let stderr = child.stderr.take().map(|s| forward(id, s, Stream::Stderr, sender.clone()));
    let ended = child.wait();
    if let Some(group) = group {
        let _ = kill_process_group(group, Signal::KILL);
    }
    for thread in [stdout, stderr].into_iter().flatten() {
        let _ = thread.join();
    }
    let _ = sender.send(match ended {
        Ok(status) => Event::Exited { id, status: status.into() },
        Err(e) => Event::Failed { id: Some(id), message: format!("cannot wait for it: {e}") },
    });
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
