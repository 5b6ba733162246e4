//! hello-tail: one program for every system call, which jumps to the program for that call.

use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::{Lab, TracePipe, Usage, Wake};
use libbpf_rs::{MapCore, MapFlags, Object};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Jumps to a program of its own for some system calls, by tail calls.",
    flags: &[],
};

/// The system calls that may have a program: `on_NAME` handles the call NAME. The numbers are those of
/// the architecture this was built for.
const CALLS: [(&str, libc::c_long); 6] = [
    ("execve", libc::SYS_execve),
    ("getppid", libc::SYS_getppid),
    ("kill", libc::SYS_kill),
    ("openat", libc::SYS_openat),
    ("timer_create", libc::SYS_timer_create),
    ("timer_delete", libc::SYS_timer_delete),
];

/// Those of them whose slot stays empty when there is no program: on_syscall goes on with its own code
/// then. For all other calls the program `ignore` is put in, or that code would be busy.
const HEARD_OF: [&str; 4] = ["execve", "getppid", "timer_create", "timer_delete"];

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), hello_tail)
}

fn hello_tail(lab: &Lab) -> Result<()> {
    let object = lab.load(lab.open()?)?;
    fill(&lab.map(&object, "handlers")?, &object)?;
    let mut trace = TracePipe::open()?;
    let link = lab.attach_with(&object, "on_syscall", |program| program.attach())?;

    let mut wakeups = lab.observe()?;
    while wakeups.wait(Some(TracePipe::TICK))? != Wake::End {
        trace.print()?;
    }
    drop(link);
    trace.print_rest()
}

/// Puts a program into the slot of each system call.
fn fill(handlers: &impl MapCore, object: &Object) -> Result<()> {
    for number in 0..handlers.max_entries() {
        let call = CALLS.iter().find(|call| call.1 == number as libc::c_long);
        let name = match call {
            Some((name, _)) if HEARD_OF.contains(name) || has(object, &format!("on_{name}")) => {
                format!("on_{name}")
            }
            _ => "ignore".to_owned(),
        };
        let Some(program) = object.progs().find(|program| program.name() == name.as_str()) else {
            // getppid is meant to have none.
            if name != "on_getppid" {
                writeln!(io::stdout(), "no program {name}: slot left empty")?;
            }
            continue;
        };
        let fd = program.as_fd().as_raw_fd() as u32;
        handlers
            .update(&number.to_ne_bytes(), &fd.to_ne_bytes(), MapFlags::ANY)
            .with_context(|| format!("cannot put {name} into the map"))?;
    }
    Ok(())
}

fn has(object: &Object, name: &str) -> bool {
    object.progs().any(|program| program.name() == name)
}
