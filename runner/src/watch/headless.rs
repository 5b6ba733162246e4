//! Watching without a terminal: a line for each verdict, for other programs and for logs.

use std::io::{ErrorKind, IsTerminal, Read, Write};
use std::thread;

use super::session::{Finished, Happened, Session};
use crate::cli::Format;
use crate::command::say;
use crate::error::{Error, PASSED};
use crate::render::{json, text, watch};

/// What is read from standard input: its end.
pub struct InputEnded;

/// Watches until standard input ends, or nobody reads any more. A run that goes on then is seen to its end.
/// The exit status is that of the last verdict.
///
/// # Errors
/// Standard output cannot be written.
pub fn run(mut session: Session<InputEnded>, format: Format) -> Result<u8, Error> {
    wait_for_end_of_input(session.input());
    let (mut code, mut ending) = (PASSED, false);
    loop {
        match session.wait() {
            Happened::Input(InputEnded) => ending = true,
            Happened::Said(sentence) | Happened::Told(sentence) => say(&sentence),
            Happened::Changed | Happened::Began | Happened::Running(_) => {}
            Happened::Ended(finished) => {
                code = exit_code(&finished);
                if !tell(&session, &finished, format)? {
                    return Ok(code);
                }
                if let Some(sentence) = session.note(&finished) {
                    say(&sentence);
                }
            }
        }
        if ending && !session.is_busy() {
            return Ok(code);
        }
    }
}

/// A terminal is not read: whoever is in its background would be stopped by that. There, Ctrl-C ends it.
fn wait_for_end_of_input(tell: impl Fn(InputEnded) -> bool + Send + 'static) {
    if std::io::stdin().is_terminal() {
        return;
    }
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        loop {
            match std::io::stdin().read(&mut buffer) {
                Ok(1..) => {}
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => break,
            }
        }
        tell(InputEnded);
    });
}

fn exit_code(finished: &Finished) -> u8 {
    match &finished.ended.report {
        Ok(report) => report.exit_code(),
        Err(error) => error.exit_code(),
    }
}

/// Writes the verdict to standard output, and all of the report to standard error; false if nobody reads
/// any more.
fn tell(session: &Session<InputEnded>, finished: &Finished, format: Format) -> Result<bool, Error> {
    let report = &finished.ended.report;
    if format != Format::Text {
        return print(&match report {
            Ok(report) => json::render(report) + "\n",
            Err(error) => json::error(error),
        });
    }
    let mut stderr = std::io::stderr();
    let _ = match report {
        Ok(report) => writeln!(stderr, "{}", text::render(report, false)),
        Err(error) => writeln!(stderr, "{error}\n"),
    };
    let title = session.target().lab.title() + &finished.ended.part.options();
    print(&watch::line(finished, &title))
}

/// Prints; false if nobody reads any more.
fn print(text: &str) -> Result<bool, Error> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(e) => Err(Error::unable(
            format!("cannot write the result: {e}."),
            "Is the disk full to which the output goes?",
        )),
    }
}
