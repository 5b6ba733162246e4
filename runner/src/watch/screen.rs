//! What is on the terminal: blocks of text that stay, and one line below them that tells how things are.

use std::io::{self, Write};

use super::terminal::columns;
use crate::render::watch::Status;

/// Draws. Nothing above is ever cleared.
///
/// The cursor waits at the beginning of the line of the status. So the line can be taken away even if the
/// terminal has become narrower meanwhile and shows it on two.
#[derive(Default)]
pub struct Screen {
    /// The line is there.
    drawn: bool,
    /// Set when nothing can be written any more.
    gone: bool,
}

impl Screen {
    /// Prints a block above the line, which is drawn anew.
    pub fn print(&mut self, text: &str, status: &Status) {
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        let clear = self.clear();
        self.write(&format!("{clear}{text}{end}{}", line(status)));
        self.drawn = true;
    }

    /// Draws the line anew.
    pub fn draw(&mut self, status: &Status) {
        self.print("", status);
    }

    /// Takes the line away, for whoever writes next.
    pub fn leave(&mut self) {
        let clear = self.clear();
        self.write(clear);
        self.drawn = false;
    }

    /// Prints something after which there is no line any more.
    pub fn print_last(&mut self, text: &str) {
        self.leave();
        self.write(text);
    }

    /// Whether the terminal is gone.
    pub fn is_gone(&self) -> bool {
        self.gone
    }

    fn clear(&self) -> &'static str {
        if self.drawn { "\r\x1b[J" } else { "" }
    }

    /// One write for all of it, so that nothing flickers.
    fn write(&mut self, text: &str) {
        let mut out = io::stdout().lock();
        self.gone |= out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err();
    }
}

/// The line, with the cursor where it belongs: after what is being typed, or else at the beginning.
fn line(status: &Status) -> String {
    let text = status.line(columns());
    if status.is_question() { text } else { text + "\r" }
}
