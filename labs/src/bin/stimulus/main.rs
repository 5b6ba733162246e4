//! stimulus: makes exact numbers of kernel events, for labs to see.
//!
//! It is started before a lab attaches, so that its own start is not among the events, prints `ready PID`,
//! and then reads commands, one a line. A command is done completely before it is answered by one
//! line: `ok PID…`, the processes that made the events, or `error: …`. Some commands add what came of
//! it, as in `ok 17 : ping 127.0.0.1: 3 sent, 0 received`, several of them apart by ` ; `. The end of
//! standard input is the end of it.
//!
//! A command makes as many events of its kind as told, and none besides. What else a process does all
//! the time (read, write, wait) is made too: a lab that sees every system call has to tell them apart.

mod command;
mod spare;
mod worker;

use std::ffi::CString;
use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::mem::ManuallyDrop;
use std::os::unix::process::CommandExt;
use std::process::{Command as Process, ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use command::Command;
use labs::ping::{PATIENCE, ping};
use lexopt::ValueExt;
use nix::sys::signal::{SigEvent, SigevNotify};
use nix::sys::timer::Timer;
use nix::time::ClockId;
use rustix::process::Pid;
use spare::Spares;
use worker::Workers;

const HELP: &str = "\
Makes exact numbers of kernel events. Prints `ready PID`, then reads commands, one a line:

  exec times=3 uid=1000 name=bash       start a program, as this user, by a process of this name;
                                        gid=N: with another group than that of the user's number;
                                        path=FILE: this program instead of one that ends at once
  exec-missing times=1 name=bash        try to start a program that is not there: see --spare
  syscall name=getppid times=3          make a system call: getppid, kill, timer_create, timer_delete;
                                        uid=N: as this user; comm=NAME: by a process of this name,
                                        which makes one call more under it: the prctl that takes it off
  read sizes=1,4096                     read this many bytes each from /dev/zero, by a process `reader`
  burst times=100000                    make this many getppid calls
  exit times=2                          end a process that was started before `ready`: see --spare
  ping times=3 address=127.0.0.1        send ICMP echo requests, wait a second at most for each reply
  file path=/tmp/a text=b mode=0644 uid=1000
                                        make a file: one open
  open path=/tmp/a path=/tmp/b uid=1000 times=2 processes=3
                                        open each file for reading as often as told, and close it, by
                                        so many processes at once: see --workers
  chmod path=/tmp/a mode=0600 uid=1000  change the permissions of a file, by one of the same processes
  connect address=127.0.0.1 port=80 uid=1000
                                        try a TCP connection, by one of the same processes

Each is answered by `ok PID...` (who made the events) or `error: ...`; for some ` : ` and what came of it
follow, such as `open /tmp/a: ok ; open /tmp/b: ENOENT`. Ends with its input.

Usage: stimulus [--uid-base N] [--own-network] [--own-files] [--spare N] [--workers N]

  --uid-base N   added to every uid, so that events of the machine's own users stay apart (default: 0)
  --own-network  leave the machine's network for a new one with nothing but a loopback interface
  --own-files    leave the machine's /tmp for a new one, which is empty and ends with us
  --spare N      start this many processes for `exit` and `exec-missing` to use up (default: 0)
  --workers N    start this many processes that wait for a `file`, `open`, `chmod` or `connect`; where
                 none is left, one is started then, and a program's start opens files of its own (default: 0)
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let (mut uid_base, mut spare, mut workers) = (0, 0, 0);
    let mut only = None;
    let mut args = lexopt::Parser::from_env();
    while let Some(arg) = args.next()? {
        match arg {
            lexopt::Arg::Long("exit") => return Ok(()), // we are what `exec` starts
            lexopt::Arg::Long("wait") => return spare::wait(), // we are a spare process
            lexopt::Arg::Long("work") => return worker::work(uid_base), // we are a worker
            lexopt::Arg::Long("only") => only = Some(args.value()?.string()?), // `as_user` runs us
            lexopt::Arg::Long("workers") => workers = args.value()?.parse()?,
            lexopt::Arg::Long("own-files") => labs::files::leave()?,
            lexopt::Arg::Long("spare") => spare = args.value()?.parse()?,
            lexopt::Arg::Long("uid-base") => uid_base = args.value()?.parse()?,
            lexopt::Arg::Long("own-network") => labs::network::leave()?,
            lexopt::Arg::Long("help") => return Ok(io::stdout().write_all(HELP.as_bytes())?),
            other => return Err(other.unexpected().into()),
        }
    }

    let spares = Spares::start(spare, uid_base)?;
    let workers = Workers::start(workers, uid_base)?;
    let own = rustix::process::getpid();
    let mut stimulus = Stimulus { own, uid_base, timers: ManuallyDrop::default(), spares, workers };
    if let Some(line) = only {
        return stimulus.obey(line.parse()?, &line).map(drop);
    }
    let mut out = io::stdout().lock();
    writeln!(out, "ready {}", std::process::id())?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        match line.parse().and_then(|command| stimulus.obey(command, &line)) {
            Ok(answer) => writeln!(out, "ok {answer}")?,
            Err(error) => writeln!(out, "error: {error:#}")?,
        }
    }
    Ok(())
}

/// Our own binary. By this path a user who may not enter its folder can start it, too.
const MYSELF: &str = "/proc/self/exe";

struct Stimulus {
    /// Our process; asked for once, since asking is a system call.
    own: Pid,
    uid_base: u32,
    /// Timers made by `timer_create` and not deleted yet. The kernel frees them when the process ends;
    /// deleting them then would make calls that nobody asked for.
    timers: ManuallyDrop<Vec<Timer>>,
    spares: Spares,
    workers: Workers,
}

impl Stimulus {
    /// Makes the events of a command, which came as this line; returns what follows `ok`.
    fn obey(&mut self, command: Command, line: &str) -> Result<String> {
        let own = self.own.to_string();
        match command {
            Command::Exec { times, uid, gid, name, path } => {
                let children = named(name.as_deref(), || {
                    let exec = |_| self.exec_once(path.as_deref(), uid, gid);
                    (0..times).map(exec).collect::<Result<Vec<_>>>()
                })?;
                Ok(format!("{own} {}", words(&children))) // it was us who made them
            }
            Command::ExecMissing { times, name } => {
                Ok(words(&self.spares.exec_missing(times, name.as_deref())?))
            }
            Command::Exit { times } => Ok(words(&self.spares.end(times)?)),
            Command::Syscall { times, name, uid: Some(uid), comm } => {
                let comm = comm.map_or(String::new(), |comm| format!(" comm={comm}"));
                let line = format!("syscall name={name} times={times}{comm}");
                Ok(self.as_user(uid, &line)?.to_string())
            }
            Command::Syscall { times, name, uid: None, comm } => {
                named(comm.as_deref(), || (0..times).try_for_each(|_| self.syscall(&name)))?;
                Ok(own)
            }
            Command::Read { sizes } => {
                let (mut zeros, mut bytes) = (File::open("/dev/zero")?, vec![0; longest(&sizes)]);
                named(Some("reader"), || {
                    sizes.iter().try_for_each(|&size| zeros.read(&mut bytes[..size]).map(drop))
                })?;
                Ok(own)
            }
            Command::Burst { times } => {
                for _ in 0..times {
                    let _ = rustix::process::getppid();
                }
                Ok(own)
            }
            Command::Ping { times, address } => {
                let received = ping(address, times, PATIENCE)
                    .with_context(|| format!("cannot ping {address}"))?;
                Ok(format!("{own} : ping {address}: {times} sent, {received} received"))
            }
            Command::Open { processes, .. } => self.workers.told(line, processes),
            Command::File { .. } | Command::Chmod { .. } | Command::Connect { .. } => {
                self.workers.told(line, 1)
            }
        }
    }

    /// Starts a program and waits for its end; returns its process.
    fn exec_once(&self, path: Option<&str>, uid: Option<u32>, gid: Option<u32>) -> Result<u32> {
        let mut process = Process::new(path.unwrap_or(MYSELF));
        if path.is_none() {
            process.arg("--exit");
        }
        self.run_as(process, uid, gid)
    }

    /// Obeys a command in a process of this user; returns the process.
    fn as_user(&self, uid: u32, line: &str) -> Result<u32> {
        let mut process = Process::new(MYSELF);
        process.args(["--only", line]);
        self.run_as(process, Some(uid), None)
    }

    fn run_as(&self, mut process: Process, uid: Option<u32>, gid: Option<u32>) -> Result<u32> {
        let real = |id: u32| id.checked_add(self.uid_base).context("the id is too large");
        process.stdin(Stdio::null()).stdout(Stdio::null());
        if let Some(gid) = gid.or(uid) {
            process.gid(real(gid)?);
        }
        if let Some(uid) = uid {
            process.uid(real(uid)?);
        }
        let mut child = process.spawn().context("cannot start a program")?;
        let status = child.wait()?;
        if !status.success() {
            bail!("the program that was started failed: {status}");
        }
        Ok(child.id())
    }

    fn syscall(&mut self, name: &str) -> Result<()> {
        match name {
            "getppid" => drop(rustix::process::getppid()),
            // Signal 0: nothing is sent.
            "kill" => rustix::process::test_kill_process(self.own)?,
            "timer_create" => {
                let silent = SigEvent::new(SigevNotify::SigevNone);
                self.timers.push(Timer::new(ClockId::CLOCK_MONOTONIC, silent)?);
            }
            "timer_delete" => match self.timers.pop() {
                Some(timer) => drop(timer),
                None => bail!("there is no timer to delete: use timer_create first"),
            },
            other => bail!("cannot make the system call {other}"),
        }
        Ok(())
    }
}

/// Does something under another name, when one is given.
///
/// A child is born with its parent's name, and has it until the exec is done: that is what a program
/// at the entry of execve sees. (The trace pipe may show the name after it, `exe`.)
fn named<T, E>(name: Option<&str>, action: impl FnOnce() -> Result<T, E>) -> Result<T>
where
    anyhow::Error: From<E>,
{
    let Some(name) = name else { return Ok(action()?) };
    let (own, name) = (rustix::thread::name()?, CString::new(name)?);
    rustix::thread::set_name(&name)?;
    let done = action();
    rustix::thread::set_name(&own)?;
    Ok(done?)
}

fn longest(sizes: &[usize]) -> usize {
    sizes.iter().copied().max().unwrap_or(0)
}

fn words(pids: &[u32]) -> String {
    pids.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")
}
