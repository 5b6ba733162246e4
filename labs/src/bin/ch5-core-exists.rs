//! core-exists: a member that changed its name, read by one object on every kernel.

use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use labs::record::u32_at;
use labs::{Lab, Usage};
use libbpf_rs::Object;

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Shows the state of two threads of its own, as the kernel keeps it in their task_struct.",
    flags: &[],
};

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), core_exists)
}

// ANCHOR: lab
fn core_exists(lab: &Lab) -> Result<()> {
    let mut object = lab.open()?;
    lab.set_constant(&mut object, "own_pid", &std::process::id().to_ne_bytes())?;
    let object = lab.load(object)?;
    let links = lab.attach(&object)?;
    lab.observe()?;

    // The main thread sleeps here until the other one ends.
    thread::spawn(make_calls_while_main_sleeps).join().expect("the thread does not panic")?;
    drop(links);

    let value = |name: &str| -> Result<Option<u32>> {
        let data = match lab.variable(&object, ".data", name)? {
            None => lab.variable(&object, ".bss", name)?,
            found => found,
        };
        Ok(data.and_then(|bytes| u32_at(&bytes, 0)))
    };
    let mut out = io::stdout().lock();
    for (thread, variable) in [("calling", "own_state"), ("main", "main_state")] {
        let state = value(variable)?.with_context(|| no(&object, variable))?;
        writeln!(out, "the {thread} thread: state={state} ({})", meaning(state))?;
    }
    match value("new_name")? {
        Some(0) => writeln!(out, "# this kernel calls it state")?,
        Some(1) => writeln!(out, "# this kernel calls it __state")?,
        _ => {}
    }
    if let Some(agrees) = value("cpu_agrees")? {
        writeln!(out, "cpu_agrees={agrees}")?;
    }
    Ok(())
}
// ANCHOR_END: lab

/// System calls for the program to see, as soon as /proc says that the main thread sleeps.
fn make_calls_while_main_sleeps() -> Result<()> {
    let main = format!("/proc/self/task/{}/stat", std::process::id());
    let deadline = Instant::now() + Duration::from_secs(5);
    while Instant::now() < deadline {
        let stat = fs::read_to_string(&main)?;
        // PID (COMMAND) STATE ...; the command may hold anything.
        if stat.rsplit(')').next().is_some_and(|rest| rest.starts_with(" S")) {
            let _ = rustix::process::getppid();
            return Ok(());
        }
        thread::sleep(Duration::from_millis(1));
    }
    bail!("the main thread does not fall asleep");
}

fn no(object: &Object, variable: &str) -> String {
    let name = object.name().unwrap_or_default().to_string_lossy();
    format!("{name} has no variable {variable}")
}

/// The lowest bits of the state; see `TASK_RUNNING` and its neighbours in include/linux/sched.h.
fn meaning(state: u32) -> &'static str {
    match state {
        0 => "running",
        1 => "sleeping",
        2 => "sleeping deeply",
        255 => "not seen",
        _ => "something else",
    }
}
