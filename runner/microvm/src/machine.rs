//! A running machine, and what can be done with it.

use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use labrunner_guest::protocol::{
    Event, FrameError, MAX_EVENT, ProcessId, Request, Size, VERSION, read_short_frame, write_frame,
};

use crate::console::crash_line;
use crate::error::MachineError;
use crate::qemu::Qemu;
use crate::trouble::Trouble;

/// How many events may wait to be looked at. A process that prints without end is slowed down by this
/// and cannot fill the host's memory.
const EVENTS_AHEAD: usize = 64;

/// How long a machine may take nothing of what is sent to it. What a busy one needs is milliseconds.
/// It is given up after one or two of these.
const SEND: Duration = Duration::from_secs(10);

/// How long after QEMU the thread may take that tells whether its file was undamaged.
const CHECK: Duration = Duration::from_millis(100);

/// A machine with an agent inside. Dropping it ends QEMU and with it all that ran in the machine.
pub struct Machine {
    qemu: Qemu,
    requests: Requests,
    events: Receiver<Result<Event, FrameError>>,
    /// Tells whether the file that the machine was restored from is undamaged.
    check: Option<JoinHandle<Result<(), MachineError>>>,
    doing: &'static str,
    next_id: ProcessId,
}

/// Waits for the end of a thread, and tells whether it has come in time.
fn ends<T>(thread: &JoinHandle<T>, within: Duration) -> bool {
    let deadline = Instant::now() + within;
    while !thread.is_finished() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(1));
    }
    thread.is_finished()
}

/// The sending half of the channel.
#[derive(Clone)]
struct Requests(Arc<Mutex<UnixStream>>);

impl Requests {
    fn send(&self, request: &Request) -> Result<(), FrameError> {
        let mut stream = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        write_frame(&mut *stream, request)
    }
}

/// The standard input of a process in a machine. What is written after the end of either is lost.
#[derive(Clone)]
pub struct Input {
    requests: Requests,
    id: ProcessId,
}

impl Input {
    /// Writes to it.
    pub fn write(&self, data: &[u8]) {
        let _ = self.requests.send(&Request::Stdin { id: self.id, data: data.to_vec() });
    }

    /// Ends it.
    pub fn close(&self) {
        let _ = self.requests.send(&Request::CloseStdin { id: self.id });
    }

    /// Tells that the terminal has another size.
    pub fn resize(&self, size: Size) {
        let _ = self.requests.send(&Request::Resize { id: self.id, size });
    }
}

/// What a booted machine says of itself.
#[derive(Debug, Clone)]
pub struct Booted {
    /// Kernel release, as `uname -r` prints it.
    pub release: String,
    /// What did not work while booting and is not fatal.
    pub warnings: Vec<String>,
}

impl Machine {
    pub(crate) fn new(
        qemu: Qemu,
        doing: &'static str,
        check: Option<JoinHandle<Result<(), MachineError>>>,
    ) -> Result<Self, MachineError> {
        qemu.agent
            .set_write_timeout(Some(SEND))
            .map_err(MachineError::io("set a deadline for the channel"))?;
        let share = || qemu.agent.try_clone().map_err(MachineError::io("share the channel"));
        let (requests, mut incoming) = (Requests(Arc::new(Mutex::new(share()?))), share()?);
        let (sender, events) = sync_channel(EVENTS_AHEAD);
        thread::spawn(move || {
            loop {
                let event = read_short_frame(&mut incoming, MAX_EVENT);
                let end = event.is_err();
                if sender.send(event).is_err() || end {
                    return;
                }
            }
        });
        Ok(Self { qemu, requests, events, check, doing, next_id: 1 })
    }

    /// Waits for the agent of a machine that boots.
    pub(crate) fn booted(&mut self, within: Duration) -> Result<Booted, MachineError> {
        match self.expect(within)? {
            Event::Booted { version: VERSION, release, warnings } => {
                Ok(Booted { release, warnings })
            }
            Event::Booted { version, .. } => {
                Err(MachineError::Version { found: version, expected: VERSION })
            }
            other => Err(MachineError::Agent(format!("unexpected {other:?} while booting"))),
        }
    }

    /// Waits until a restored machine answers, and returns its kernel's release, as `uname -r` prints
    /// it. What is asked of the machine before waits too, and is done then.
    ///
    /// # Errors
    /// [`MachineError::Damaged`] when the file that it was restored from is not what was saved: then
    /// nothing that the machine does can be trusted. [`MachineError::Deadline`] when it does not
    /// answer in time; waiting again is possible.
    pub fn ready(&mut self, within: Duration) -> Result<String, MachineError> {
        let answer = self.expect(within);
        // A machine that is late may still read the file; then there is nothing to tell of it yet.
        let patience = if answer.is_ok() { within.max(CHECK) } else { CHECK };
        if let Some(check) = self.check.take_if(|check| ends(check, patience)) {
            check.join().unwrap_or_else(|_| {
                Err(MachineError::Initramfs("the check of the saved machine panicked".into()))
            })?;
        }
        match answer? {
            Event::Ready { .. } if self.check.is_some() => Err(MachineError::Deadline {
                doing: "being checked",
                after: patience,
                console: self.console(),
            }),
            Event::Ready { release } => {
                self.doing = "running";
                Ok(release)
            }
            other => Err(MachineError::Agent(format!("unexpected {other:?} while restoring"))),
        }
    }

    /// Sends what a machine must know that was asleep; answered by [`Machine::ready`].
    pub(crate) fn wake(&mut self) -> Result<(), MachineError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut seed = [0; 32];
        rustix::rand::getrandom(&mut seed, rustix::rand::GetRandomFlags::empty())
            .map_err(|e| MachineError::io("read random bytes")(e.into()))?;
        self.send(&Request::Wake { realtime_ns: now.as_nanos() as u64, seed })
    }

    /// Writes a file in the machine. A failure is reported by the next event.
    pub fn put(&mut self, path: &str, mode: u32, data: Vec<u8>) -> Result<(), MachineError> {
        self.send(&Request::Put { path: path.into(), mode, data })
    }

    /// Starts a process as root; `argv[0]` is its absolute path in the machine.
    pub fn spawn(
        &mut self,
        argv: &[&str],
        env: &[(&str, &str)],
    ) -> Result<ProcessId, MachineError> {
        self.start(argv, env, None)
    }

    /// The same with a terminal instead of pipes. Whatever it writes comes as standard output; the
    /// program has to make itself the leader of a session, as `setsid -c` does.
    pub fn spawn_on_terminal(
        &mut self,
        argv: &[&str],
        env: &[(&str, &str)],
        size: Size,
    ) -> Result<ProcessId, MachineError> {
        self.start(argv, env, Some(size))
    }

    fn start(
        &mut self,
        argv: &[&str],
        env: &[(&str, &str)],
        terminal: Option<Size>,
    ) -> Result<ProcessId, MachineError> {
        let id = self.next_id;
        self.next_id += 1;
        let argv = argv.iter().map(|s| s.to_string()).collect();
        let env = env.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
        self.send(&Request::Spawn { id, argv, env, terminal })?;
        Ok(id)
    }

    /// Writes to the standard input of a process.
    pub fn write_stdin(&mut self, id: ProcessId, data: &[u8]) -> Result<(), MachineError> {
        self.send(&Request::Stdin { id, data: data.to_vec() })
    }

    /// A handle on the standard input of a process that another thread may use.
    pub fn input(&self, id: ProcessId) -> Input {
        Input { requests: self.requests.clone(), id }
    }

    /// Ends the standard input of a process.
    pub fn close_stdin(&mut self, id: ProcessId) -> Result<(), MachineError> {
        self.send(&Request::CloseStdin { id })
    }

    /// Sends a signal to the process group of a process.
    pub fn signal(&mut self, id: ProcessId, signal: i32) -> Result<(), MachineError> {
        self.send(&Request::Signal { id, signal })
    }

    /// The next thing that happens in the machine, or `None` when nothing does in time.
    pub fn next_event(&mut self, within: Duration) -> Result<Option<Event>, MachineError> {
        match self.events.recv_timeout(within) {
            Ok(Ok(Event::Failed { id: None, message })) => Err(MachineError::Agent(message)),
            Ok(Ok(event)) => Ok(Some(event)),
            Ok(Err(FrameError::Closed)) | Err(RecvTimeoutError::Disconnected) => Err(self.gone()),
            Ok(Err(e)) => Err(MachineError::Channel(e)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
        }
    }

    /// What the machine's console printed last.
    pub fn console(&self) -> String {
        self.qemu.console.settled_text()
    }

    /// What the machine's kernel complained of since it was restored, until now: the worst, and of
    /// several the first. The machine may go on all the same; what it does after an oops says little
    /// about the program that runs in it. A crash that ends the machine is a
    /// [`MachineError::GuestDown`] of whatever is done next.
    pub fn trouble(&self) -> Option<Trouble> {
        Trouble::worst(&self.qemu.console.settled_text())
    }

    /// The control channel, for saving.
    pub(crate) fn qmp(&self) -> Result<UnixStream, MachineError> {
        self.qemu.qmp.try_clone().map_err(MachineError::io("share the control channel"))
    }

    fn expect(&mut self, within: Duration) -> Result<Event, MachineError> {
        let start = Instant::now();
        self.next_event(within)?.ok_or_else(|| MachineError::Deadline {
            doing: self.doing,
            after: start.elapsed(),
            console: self.console(),
        })
    }

    fn send(&mut self, request: &Request) -> Result<(), MachineError> {
        match self.requests.send(request) {
            Ok(()) => Ok(()),
            Err(FrameError::Io(e)) if e.kind() == std::io::ErrorKind::BrokenPipe => {
                Err(self.gone())
            }
            Err(FrameError::Io(e)) if e.kind() == std::io::ErrorKind::WouldBlock => {
                let (doing, console) = ("taking what was sent to it", self.console());
                Err(MachineError::Deadline { doing, after: SEND, console })
            }
            Err(e) => Err(MachineError::Channel(e)),
        }
    }

    /// The channel has ended: finds out why.
    fn gone(&mut self) -> MachineError {
        let (status, console) = self.qemu.last_words();
        if let Some(reason) = crash_line(&console) {
            return MachineError::GuestDown { reason, console };
        }
        match status {
            Some(status) if status.success() && self.doing == "running" => {
                MachineError::GuestDown { reason: "it was switched off".into(), console }
            }
            status => MachineError::QemuEnded {
                status: status.map_or("its channels closed".into(), |s| s.to_string()),
                doing: self.doing,
                stderr: console,
            },
        }
    }
}
