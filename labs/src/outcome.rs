//! How a lab ends: its exit status, and the sentence on standard error.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Error, Result};

use crate::args::WrongValue;

/// The exit status of the lab `name` for a result; an error is printed first.
pub(crate) fn of(name: &str, result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if nobody_reads(&error) => ExitCode::SUCCESS,
        Err(error) if error.is::<WrongValue>() => wrong_usage(name, &error),
        Err(error) => {
            warn(sentence(&error));
            ExitCode::FAILURE
        }
    }
}

/// Says what is wrong with the arguments; the exit status of wrong usage.
pub(crate) fn wrong_usage(name: &str, error: &Error) -> ExitCode {
    warn(format_args!("error: {error}\nTry `{name} --help`."));
    ExitCode::from(2)
}

/// Prints to standard output; unlike `print!` it returns the error when nobody reads.
pub(crate) fn print(text: &str) -> Result<()> {
    Ok(io::stdout().write_all(text.as_bytes())?)
}

/// Prints a line to standard error. That nobody may be reading it is no reason to stop.
pub(crate) fn warn(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Whether the reader of our output is gone, as in `ch2-hello | head -1`.
fn nobody_reads(error: &Error) -> bool {
    let cause = error.root_cause().downcast_ref::<io::Error>();
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

/// `WHAT FAILED: WHY`, on one line. What lies between the first and the last cause is how libraries
/// call their own steps, and left out.
pub fn phrase(error: &Error) -> String {
    let (what, why) = (error.to_string(), error.root_cause().to_string());
    let (what, why) = (without_number(&what), without_number(&why));
    if what == why { what.to_owned() } else { format!("{what}: {why}") }
}

fn sentence(error: &Error) -> String {
    let mut sentence = format!("error: {}", phrase(error));
    let not_permitted = io::Error::from_raw_os_error(libc::EPERM).to_string();
    if error.root_cause().to_string() == not_permitted && !rustix::process::geteuid().is_root() {
        sentence += "; run it as root (sudo), or let labrunner run it in a machine of its own";
    }
    sentence
}

/// The text of an error number without the number: `Permission denied (os error 13)` is what Rust
/// prints, `Permission denied` what the rest of the system does. From 4000 on the numbers are libbpf's
/// own, without a text in the system.
fn without_number(text: &str) -> &str {
    match text.split_once(" (os error ") {
        Some((text, _)) if text.starts_with("Unknown error 40") => "libbpf cannot make sense of it",
        Some((text, _)) => text,
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn an_error_is_one_sentence_without_numbers() {
        let error = Error::from(io::Error::from_raw_os_error(libc::EACCES))
            .context("failed to open object from memory")
            .context("cannot open hello.bpf.o");
        assert_eq!(sentence(&error), "error: cannot open hello.bpf.o: Permission denied");
        assert_eq!(sentence(&anyhow::anyhow!("no clang")), "error: no clang");

        let error = Error::from(io::Error::from_raw_os_error(4001)).context("cannot open x.bpf.o");
        assert_eq!(phrase(&error), "cannot open x.bpf.o: libbpf cannot make sense of it");
    }

    #[test]
    fn a_closed_pipe_is_no_error() {
        let gone: Result<()> =
            Err(io::Error::from(io::ErrorKind::BrokenPipe)).context("cannot print");
        assert!(nobody_reads(&gone.unwrap_err()));
        assert!(!nobody_reads(&anyhow::anyhow!("other")));
    }
}
