//! kfuncs: a program that calls functions of the kernel which are no helpers.

use std::io::{self, Read, Write};
use std::process::{Child, Command, ExitCode, Stdio};

use anyhow::{Context, Result};
use labs::record::{text_at, u32_at};
use labs::{Lab, Usage, test_run};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Asks a program in the kernel for the names of processes, by their numbers.",
    flags: &[],
};

/// Tells this program that it is the child.
const CHILD: &str = "LAB_CHILD";
/// No process has this number.
const NOBODY: u32 = i32::MAX as u32;

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), kfuncs)
}

// ANCHOR: lab
fn kfuncs(lab: &Lab) -> Result<()> {
    if std::env::var_os(CHILD).is_some() {
        return child();
    }
    let object = lab.load(lab.open()?)?;
    let _wakeups = lab.observe()?;
    let mut child = start()?;

    let own = std::process::id();
    for (who, pid) in [("the lab", own), ("its child", child.id()), ("nobody", NOBODY)] {
        let mut question = [0; 24];
        question[..4].copy_from_slice(&pid.to_ne_bytes());
        let result = test_run::run_on(&object, "find_task", &mut question)?;
        let comm = text_at(&question, 8, 16).context("the answer is too short")?;
        let parent = match u32_at(&question, 4) {
            Some(0) | None => "",
            Some(parent) if parent == own => ", a child of the lab",
            Some(_) => ", a child of another process",
        };
        writeln!(io::stdout(), "{who}: returns {result}, comm={comm}{parent}")?;
    }
    drop(child.stdin.take());
    child.wait()?;
    Ok(())
}
// ANCHOR_END: lab

/// Starts the child, and waits until it has its name.
fn start() -> Result<Child> {
    let mut command = Command::new("/proc/self/exe");
    command.env(CHILD, "1").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().context("cannot start a child")?;
    child.stdout.as_mut().context("the child has no output")?.read_exact(&mut [0])?;
    Ok(child)
}

/// What the child does: it waits for the end of its input.
fn child() -> Result<()> {
    rustix::thread::set_name(c"sleeper")?;
    let mut out = io::stdout();
    out.write_all(b"\n")?;
    out.flush()?;
    io::copy(&mut io::stdin().lock(), &mut io::sink())?;
    Ok(())
}
