//! The line at the bottom of a terminal that tells how far the work is.

use std::io::Write;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::tally::Tally;
use crate::command::telling;
use crate::error::Error;

/// How often the line is drawn again while nothing ends.
const TICK: Duration = Duration::from_millis(500);

/// A bar on standard error if that is a terminal; otherwise nothing.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Draws it.
    pub fn start(planned: usize) -> Self {
        let bar = match telling::is_quiet() {
            true => ProgressBar::hidden(),
            false => ProgressBar::new(planned as u64),
        };
        bar.set_style(style("{bar:24} {pos} of {len}"));
        if !bar.is_hidden() {
            bar.enable_steady_tick(TICK);
        }
        Self { bar }
    }

    /// So much is done.
    pub fn set(&self, tally: &Tally) {
        let first = self.bar.position() == 0;
        self.bar.set_position(tally.done() as u64);
        if first {
            self.bar.set_style(style("{bar:24} {pos} of {len}{msg}, {eta} left"));
        }
        if tally.failed > 0 {
            self.bar.set_message(format!(", {} failed", tally.failed));
        }
    }

    /// Prints to standard output, above the bar where both are on one terminal.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn print(&self, text: &str) -> Result<(), Error> {
        if text.is_empty() {
            return Ok(());
        }
        self.bar.suspend(|| telling::print(text))
    }

    /// Prints to standard error, above the bar.
    pub fn tell(&self, text: &str) {
        if !text.is_empty() {
            self.bar.suspend(|| {
                let _ = std::io::stderr().write_all(text.as_bytes());
            });
        }
    }

    /// Takes the bar away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// How the bar looks. How much time is left is unknown before something is done.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("a constant").progress_chars("━━╌")
}
