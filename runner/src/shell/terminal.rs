//! Our side of the terminal: raw while a shell in a machine has it, and as it was afterwards.

use std::io::IsTerminal;

use microvm::Size;
use rustix::stdio::stdin;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

/// A terminal in raw mode: keys such as Ctrl-C are passed on instead of acted on. Dropping it, or
/// a signal that ends this process, gives it back.
pub struct Terminal {
    before: Termios,
}

impl Terminal {
    /// Takes the terminal over, if standard input and output are one.
    pub fn raw() -> Option<Self> {
        if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
            return None;
        }
        let before = tcgetattr(stdin()).ok()?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(stdin(), OptionalActions::Now, &raw).ok()?;
        restore_on_signals(before.clone());
        Some(Self { before })
    }

    /// Its size; 24 × 80 where that cannot be told.
    pub fn size(&self) -> Size {
        match tcgetwinsize(stdin()) {
            Ok(size) if size.ws_row > 0 => Size { rows: size.ws_row, columns: size.ws_col },
            _ => Size { rows: 24, columns: 80 },
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.before);
    }
}

/// The terminal is given back before a signal from outside ends this process.
fn restore_on_signals(before: Termios) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]) else {
        return;
    };
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            let _ = tcsetattr(stdin(), OptionalActions::Now, &before);
        }
    });
}
