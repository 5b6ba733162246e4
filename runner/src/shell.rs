//! A shell in a micro-VM: the tools of the trade inside, and the terminal passed through.

pub mod terminal;

use std::io::{Read, Write};
use std::time::Duration;

use microvm::{Event, ExitStatus, Input, Machine, ProcessId, Stream};

use self::terminal::Terminal;
use crate::engine::vm::unable;
use crate::error::Error;

/// How often the size of the terminal is looked at.
const TICK: Duration = Duration::from_millis(100);

/// The shell's prompt, which says where one is.
const PROMPT: (&str, &str) = ("PS1", "[micro-VM \\w]# ");

/// The shell.
const SHELL: &str = "/bin/bash";

/// Runs one command in the machine; its output is ours.
pub fn run_command(machine: &mut Machine, command: &str) -> Result<ExitStatus, Error> {
    let id = machine.spawn(&[SHELL, "-c", command], &[PROMPT]).map_err(unable)?;
    forward_stdin(machine.input(id));
    pass_output(machine, id, || {})
}

/// Runs an interactive shell; without a terminal on our side, one that reads commands.
pub fn interact(machine: &mut Machine) -> Result<ExitStatus, Error> {
    let term = std::env::var("TERM").unwrap_or_else(|_| "vt100".into());
    let env = [PROMPT, ("TERM", term.as_str()), ("HOME", "/root")];
    let Some(terminal) = Terminal::raw() else {
        let id = machine.spawn(&[SHELL], &env).map_err(unable)?;
        forward_stdin(machine.input(id));
        return pass_output(machine, id, || {});
    };
    let mut size = terminal.size();
    let argv = ["/bin/busybox", "setsid", "-c", SHELL, "--norc", "-i"];
    let id = machine.spawn_on_terminal(&argv, &env, size).map_err(unable)?;
    let input = machine.input(id);
    forward_stdin(input.clone());
    pass_output(machine, id, || {
        let now = terminal.size();
        if now != size {
            input.resize(now);
            size = now;
        }
    })
}

/// Copies our standard input to a process until either ends. The thread is left to itself: it may be
/// waiting for a key that nobody presses any more.
fn forward_stdin(input: Input) {
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = std::io::stdin().read(&mut buffer) {
            input.write(&buffer[..length]);
        }
        input.close();
    });
}

/// Copies what a process writes to our streams until it ends; `tick` is called now and then.
fn pass_output(
    machine: &mut Machine,
    id: ProcessId,
    mut tick: impl FnMut(),
) -> Result<ExitStatus, Error> {
    loop {
        tick();
        match machine.next_event(TICK).map_err(unable)? {
            Some(Event::Output { id: of, stream, data }) if of == id => {
                // A reader that is gone is noticed by the shell's end at the latest.
                let _ = match stream {
                    Stream::Stdout => write(std::io::stdout(), &data),
                    Stream::Stderr => write(std::io::stderr(), &data),
                };
            }
            Some(Event::Exited { id: of, status }) if of == id => return Ok(status),
            Some(Event::Failed { message, .. }) => {
                return Err(Error::unable(
                    format!("The machine cannot run the shell: {message}."),
                    "Are bash and busybox-static installed on your machine?",
                ));
            }
            _ => {}
        }
    }
}

fn write(mut to: impl Write, data: &[u8]) -> std::io::Result<()> {
    to.write_all(data).and_then(|()| to.flush())
}
