//! iterators: a list of tasks that a program in the kernel prints, as a small ps.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::thread;

use anyhow::{Context, Result};
use labs::{Lab, Usage};
use libbpf_rs::Iter;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Starts two threads and two processes, and lists them by a program in the kernel.",
    flags: &[],
};

/// Tells this program that it is a child, and how it is called.
const CHILD: &str = "LAB_CHILD";

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), iterators)
}

// ANCHOR: lab
fn iterators(lab: &Lab) -> Result<()> {
    if let Ok(name) = std::env::var(CHILD) {
        return child(&name);
    }

    let mut open = lab.open()?;
    lab.set_constant(&mut open, "watched", &std::process::id().to_ne_bytes())?;
    let object = lab.load(open)?;
    let links = lab.attach(&object)?;
    let _wakeups = lab.observe()?;

    // What there is to be listed. Each has its name before we go on.
    let (sender, started) = mpsc::channel();
    let mut ends = Vec::new();
    for name in ["worker-1", "worker-2"] {
        let (sender, (end, ended)) = (sender.clone(), mpsc::channel::<()>());
        thread::Builder::new().name(name.into()).spawn(move || {
            let _ = sender.send(());
            let _ = ended.recv();
        })?;
        started.recv().context("a thread does not start")?;
        ends.push(end);
    }
    let mut sleeper = start("sleeper")?;
    let mut ended = start("short-lived")?;
    drop(ended.stdin.take());
    let pid = Pid::from_child(&ended);
    waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)?;

    // An attached iterator does nothing yet. It runs when it is read.
    for (program, link) in object.progs().zip(&links) {
        let mut text = String::new();
        Iter::new(link)?.read_to_string(&mut text).context("cannot read the iterator")?;
        write!(io::stdout(), "{}:\n{text}", program.name().display())?;
    }
    drop(sleeper.stdin.take());
    for mut child in [sleeper, ended] {
        child.wait()?;
    }
    Ok(())
}
// ANCHOR_END: lab

/// Starts a child, and waits until it has its name.
fn start(name: &str) -> Result<Child> {
    let mut child = Command::new("/proc/self/exe")
        .env(CHILD, name)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start a child")?;
    let mut ready = String::new();
    let output = child.stdout.as_mut().context("the child has no output")?;
    BufReader::new(output).read_line(&mut ready)?;
    Ok(child)
}

/// What a child does: it holds a file open until the end of its input.
fn child(name: &str) -> Result<()> {
    rustix::thread::set_name(&CString::new(name)?)?;
    let _file = File::open("/dev/zero")?;
    writeln!(io::stdout(), "ready")?;
    io::copy(&mut io::stdin().lock(), &mut io::sink())?;
    Ok(())
}
