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

use std::ffi::CString;
use std::io::{self, BufRead, Write};
use std::mem::ManuallyDrop;
use std::os::unix::process::CommandExt;
use std::process::{Command as Process, ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use command::Command;
use labs::ping::{PATIENCE, ping};
use nix::sys::signal::{SigEvent, SigevNotify};
use nix::sys::timer::Timer;
use nix::time::ClockId;
use spare::Spares;

const HELP: &str = "\
Makes exact numbers of kernel events. Prints `ready PID`, then reads commands, one a line:

  exec times=3 uid=1000 name=bash       start a program, as this user, by a process of this name
  syscall name=getppid times=3          make a system call: getppid, timer_create, timer_delete
  burst times=100000                    make this many getppid calls
  exit times=2                          end a process that was started before `ready`: see --spare
  ping times=3 address=127.0.0.1        send ICMP echo requests, wait a second at most for each reply

Each is answered by `ok PID...` (who made the events) or `error: ...`. Ends with its input.

Usage: stimulus [--uid-base N] [--own-network] [--spare N]

  --uid-base N   added to every uid, so that events of the machine's own users stay apart (default: 0)
  --own-network  leave the machine's network for a new one with nothing but a loopback interface
  --spare N      start this many processes that wait until `exit` ends them (default: 0)
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
    let (mut uid_base, mut spare) = (0, 0);
    let mut args = lexopt::Parser::from_env();
    while let Some(arg) = args.next()? {
        match arg {
            lexopt::Arg::Long("exit") => return Ok(()), // we are what `exec` starts
            lexopt::Arg::Long("wait") => return spare::wait(), // we are a spare process
            lexopt::Arg::Long("spare") => spare = lexopt::ValueExt::parse(&args.value()?)?,
            lexopt::Arg::Long("uid-base") => uid_base = lexopt::ValueExt::parse(&args.value()?)?,
            lexopt::Arg::Long("own-network") => labs::network::leave()?,
            lexopt::Arg::Long("help") => return Ok(io::stdout().write_all(HELP.as_bytes())?),
            other => return Err(other.unexpected().into()),
        }
    }

    let spares = Spares::start(spare, uid_base)?;
    let mut stimulus = Stimulus { uid_base, timers: ManuallyDrop::default(), spares };
    let mut out = io::stdout().lock();
    writeln!(out, "ready {}", std::process::id())?;
    for line in io::stdin().lock().lines() {
        match line?.parse().and_then(|command| stimulus.obey(command)) {
            Ok(answer) => writeln!(out, "ok {answer}")?,
            Err(error) => writeln!(out, "error: {error:#}")?,
        }
    }
    Ok(())
}

struct Stimulus {
    uid_base: u32,
    /// Timers made by `timer_create` and not deleted yet. The kernel frees them when the process ends;
    /// deleting them then would make calls that nobody asked for.
    timers: ManuallyDrop<Vec<Timer>>,
    spares: Spares,
}

impl Stimulus {
    /// Makes the events; returns what follows `ok`.
    fn obey(&mut self, command: Command) -> Result<String> {
        let own = rustix::process::getpid().to_string();
        match command {
            Command::Exec { times, uid, name } => {
                Ok(words(&self.exec(times, uid, name.as_deref())?))
            }
            Command::Exit { times } => Ok(words(&self.spares.end(times)?)),
            Command::Syscall { times, name } => {
                for _ in 0..times {
                    self.syscall(&name)?;
                }
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
        }
    }

    /// Starts a program that ends at once, `times` times, one after the other. Returns the processes.
    fn exec(&self, times: u32, uid: Option<u32>, name: Option<&str>) -> Result<Vec<u32>> {
        // A child is born with its parent's name, and has it until the exec is done: that is what a
        // program at the entry of execve sees. (The trace pipe may show the name after it, `exe`.)
        let own = rustix::thread::name()?;
        if let Some(name) = name {
            rustix::thread::set_name(&CString::new(name)?)?;
        }
        let pids = (0..times).map(|_| self.exec_once(uid)).collect();
        rustix::thread::set_name(&own)?;
        pids
    }

    fn exec_once(&self, uid: Option<u32>) -> Result<u32> {
        // By this path a user who may not enter the folder of the binary can start it, too.
        let mut process = Process::new("/proc/self/exe");
        process.arg("--exit").stdin(Stdio::null()).stdout(Stdio::null());
        if let Some(uid) = uid {
            let uid = uid.checked_add(self.uid_base).context("uid is too large")?;
            process.uid(uid).gid(uid);
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

fn words(pids: &[u32]) -> String {
    pids.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")
}
