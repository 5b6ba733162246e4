//! `labrunner watch` without a terminal.

use std::io::{BufRead, BufReader, Read};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::run::Labrunner;

/// How long a verdict may take where others are at work, too.
const SOON: Duration = Duration::from_secs(30);

/// A watch whose verdicts are read as they come.
pub struct Headless {
    /// The process.
    pub child: Child,
    /// Standard output, which has the verdicts.
    pub lines: Receiver<String>,
    errors: Receiver<String>,
}

impl Headless {
    /// Starts the command.
    pub fn new(command: Labrunner) -> Self {
        let mut child = command.listening().start_talking();
        let lines = lines_of(child.stdout.take().unwrap());
        let errors = lines_of(child.stderr.take().unwrap());
        Self { child, lines, errors }
    }

    /// The next verdict begins with this.
    pub fn verdict(&self, beginning: &str) -> String {
        let line = self.lines.recv_timeout(SOON).expect("a verdict");
        assert!(line.starts_with(beginning), "{line}");
        line
    }

    /// A line of standard error with this is next, or comes.
    pub fn says(&self, part: &str) {
        let mut all = String::new();
        while !all.contains(part) {
            match self.errors.recv_timeout(SOON) {
                Ok(line) => all = all + &line + "\n",
                Err(_) => panic!("{part:?} in {all}"),
            }
        }
    }

    /// The exit status, after the end of standard input.
    pub fn end(mut self) -> i32 {
        drop(self.child.stdin.take());
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

fn lines_of(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
