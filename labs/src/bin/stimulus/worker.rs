//! Processes that do things with files and sockets, each as a user of its own.
//!
//! A program that starts opens files (the C library looks into `/proc/self/maps`), so workers are
//! started before anybody looks, and wait. Each obeys one command, and ends.
//!
//! A worker says `ready`, reads a command as the stimulus itself got it, and prints a line as soon as
//! something has come of a part of it: `open /tmp/a: ok`. A worker that is killed for what it does has
//! not printed the line.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::SocketAddrV4;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::sys::signal::Signal;
use rustix::fs::{CWD, Gid, Mode, OFlags, Uid, chmod, fchown, openat};
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use crate::command::Command;

/// The workers that are left, the oldest first.
pub(crate) struct Workers {
    waiting: VecDeque<Worker>,
    uid_base: u32,
}

struct Worker {
    process: Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl Workers {
    /// Starts `count` workers; each has opened all that it opens by itself when this returns.
    ///
    /// # Errors
    /// The system allows no more processes.
    pub(crate) fn start(count: u32, uid_base: u32) -> Result<Self> {
        let waiting = (0..count).map(|_| Worker::start(uid_base)).collect::<Result<_>>()?;
        Ok(Self { waiting, uid_base })
    }

    /// Has `processes` of them obey a command at the same time. Returns which, and what came of it.
    ///
    /// # Errors
    /// A worker failed, for another reason than that it may not do what it was told.
    pub(crate) fn told(&mut self, line: &str, processes: u32) -> Result<String> {
        let mut workers = Vec::new();
        for _ in 0..processes {
            let waiting = self.waiting.pop_front().map(Ok);
            workers.push(waiting.unwrap_or_else(|| Worker::start(self.uid_base))?);
        }
        for worker in &mut workers {
            let mut input = worker.process.stdin.take().context("a worker has no input")?;
            writeln!(input, "{line}").context("a worker does not listen")?;
        }
        let (mut pids, mut results) = (Vec::new(), Vec::new());
        for worker in workers {
            pids.push(worker.process.id().to_string());
            for result in worker.results(line)? {
                if !results.contains(&result) {
                    results.push(result);
                }
            }
        }
        let came_of_it = if results.is_empty() { String::new() } else { " : ".to_owned() };
        Ok(pids.join(" ") + &came_of_it + &results.join(" ; "))
    }
}

impl Worker {
    fn start(uid_base: u32) -> Result<Self> {
        let mut process = Process::new("/proc/self/exe");
        process.args(["--uid-base", &uid_base.to_string(), "--work"]);
        process.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = process.spawn().context("cannot start a worker")?;
        let mut answers = BufReader::new(process.stdout.take().context("a worker has no output")?);
        let mut ready = String::new();
        answers.read_line(&mut ready)?;
        if ready != "ready\n" {
            bail!("a worker does not start");
        }
        Ok(Self { process, answers })
    }

    /// What came of the command, until the worker's end.
    fn results(mut self, line: &str) -> Result<Vec<String>> {
        let mut results = self.answers.by_ref().lines().collect::<io::Result<Vec<_>>>()?;
        let status = self.process.wait()?;
        if let Some(signal) = status.signal() {
            // The part of the command that it did not finish.
            let Some(part) = parts(&line.parse()?).into_iter().nth(results.len()) else {
                bail!("a worker was killed after its work: {status}");
            };
            results.push(format!("{part}: killed by {}", name_of(signal)));
        } else if let Some(error) = results.iter().find(|result| result.starts_with("error: ")) {
            bail!("{}", error.trim_start_matches("error: "));
        } else if !status.success() {
            bail!("a worker failed: {status}");
        }
        Ok(results)
    }
}

/// What a worker prints a line about, one after the other.
fn parts(command: &Command) -> Vec<String> {
    match command {
        Command::Open { paths, .. } => {
            paths.iter().map(|path| format!("open {}", path.display())).collect()
        }
        Command::Chmod { path, .. } => vec![format!("chmod {}", path.display())],
        Command::Connect { address, port, .. } => vec![format!("connect {address}:{port}")],
        _ => Vec::new(),
    }
}

fn name_of(signal: i32) -> String {
    Signal::try_from(signal).map_or_else(|_| format!("signal {signal}"), |known| known.to_string())
}

/// What a worker does: it waits for a command, obeys it, and ends.
pub(crate) fn work(uid_base: u32) -> Result<()> {
    rustix::thread::set_name(c"stimulus")?; // the exec has called us `exe`
    let mut out = io::stdout().lock();
    writeln!(out, "ready")?;
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line)? == 0 {
        return Ok(()); // nobody needed us
    }
    if let Err(error) =
        line.trim_end().parse().and_then(|command| obey(&command, uid_base, &mut out))
    {
        writeln!(out, "error: {error:#}")?;
    }
    Ok(())
}

fn obey(command: &Command, uid_base: u32, out: &mut impl Write) -> Result<()> {
    let (Command::File { uid, .. }
    | Command::Open { uid, .. }
    | Command::Chmod { uid, .. }
    | Command::Connect { uid, .. }) = command
    else {
        bail!("this is not for a worker");
    };
    let uid = uid.checked_add(uid_base).context("uid is too large")?;
    if let Command::File { path, text, mode, .. } = command {
        return make_file(path, text.as_bytes(), uid, *mode)
            .with_context(|| format!("cannot make {}", path.display()));
    }
    become_user(uid)?;
    let parts = parts(command);
    match command {
        Command::Open { paths, times, .. } => {
            for (path, part) in paths.iter().zip(parts) {
                let mut outcomes = Vec::new();
                for _ in 0..*times {
                    let opened = openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
                    let outcome = outcome(opened.map(drop));
                    if !outcomes.contains(&outcome) {
                        outcomes.push(outcome);
                    }
                }
                writeln!(out, "{part}: {}", outcomes.join(" or "))?;
            }
        }
        Command::Chmod { path, mode, .. } => {
            let outcome = outcome(chmod(path, Mode::from_raw_mode(*mode)));
            writeln!(out, "{}: {outcome}", parts.join(" "))?;
        }
        Command::Connect { address, port, .. } => {
            let outcome = outcome(connection(SocketAddrV4::new(*address, *port)).map(drop));
            writeln!(out, "{}: {outcome}", parts.join(" "))?;
        }
        _ => unreachable!("told apart above"),
    }
    Ok(())
}

/// A TCP connection to this address.
fn connection(to: SocketAddrV4) -> rustix::io::Result<OwnedFd> {
    let kind = SocketType::STREAM;
    let socket = socket_with(AddressFamily::INET, kind, SocketFlags::CLOEXEC, None)?;
    connect(&socket, &to)?;
    Ok(socket)
}

/// Without a way back. A worker has one thread, so what is set for the thread is set for the process.
fn become_user(uid: u32) -> Result<()> {
    if uid == 0 {
        return Ok(());
    }
    let (user, group) = (Uid::from_raw(uid), Gid::from_raw(uid));
    set_thread_groups(&[])?;
    set_thread_res_gid(group, group, group)?;
    set_thread_res_uid(user, user, user).with_context(|| format!("cannot become user {uid}"))
}

/// `ok`, or the name of the error number. A result above zero, which none of our calls has by itself,
/// is shown as it is.
fn outcome(result: rustix::io::Result<()>) -> String {
    match result.map_err(rustix::io::Errno::raw_os_error) {
        Ok(()) => "ok".into(),
        Err(number @ ..=0) => format!("returned {}", -number),
        Err(number) => format!("{:?}", Errno::from_raw(number)),
    }
}

/// Makes a file, or fills one anew. Its permissions are given when it is made: a change after that would
/// be an event of its own.
fn make_file(path: &Path, text: &[u8], uid: u32, mode: u32) -> Result<()> {
    rustix::process::umask(Mode::empty());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
    let mut file = File::from(openat(CWD, path, flags, Mode::from_raw_mode(mode))?);
    if uid != 0 {
        fchown(&file, Some(Uid::from_raw(uid)), Some(Gid::from_raw(uid)))?;
    }
    Ok(file.write_all(text)?)
}
