//! The terminal while somebody watches in it: keys come at once and are not shown. Everything else is as
//! ever: lines end as lines do, and Ctrl-C interrupts.
//!
//! It is given back whatever happens: when the value is dropped, before a signal ends or stops the process,
//! in a panic; and after SIGKILL by the [`guard`](super::guard).

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Signal, getpgrp, getpid, kill_process};
use rustix::stdio::stdin;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcgetwinsize,
    tcsetattr,
};

use super::guard::Guard;
use crate::interrupt;

/// Takes the line of the status away: the cursor is at its beginning.
const CLEAR: &str = "\r\x1b[J";

/// Somebody else has the terminal for a while: an editor.
static LENT: AtomicBool = AtomicBool::new(false);

/// A terminal that we have taken over.
pub struct Terminal {
    before: Termios,
    _guard: Option<Guard>,
}

/// What a terminal tells us by signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It has another size.
    Resized,
    /// We were stopped, by Ctrl-Z for example, and go on.
    Continued,
}

/// Whether we can watch in a terminal: standard input and output are one, and it can move its cursor.
pub fn is_one() -> bool {
    let can_move = std::env::var("TERM").is_ok_and(|term| !term.is_empty() && term != "dumb");
    can_move && std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

impl Terminal {
    /// Takes it over. `None` if its settings cannot be read.
    pub fn take(tell: impl Fn(Told) -> bool + Send + 'static) -> Option<Self> {
        let before = tcgetattr(stdin()).ok()?;
        let guard = Guard::post();
        set(&taken(&before));
        give_back_at_the_end(before.clone());
        follow_signals(before.clone(), tell);
        Some(Self { before, _guard: guard })
    }

    /// Runs something that has the terminal meanwhile, as it was before us.
    pub fn lend<T>(&self, to: impl FnOnce() -> T) -> T {
        LENT.store(true, Ordering::SeqCst);
        interrupt::hold(true);
        set(&self.before);
        let result = to();
        set(&taken(&self.before));
        interrupt::hold(false);
        LENT.store(false, Ordering::SeqCst);
        result
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        set(&self.before);
    }
}

/// The number of columns; 80 where that cannot be told.
pub fn columns() -> usize {
    let size = tcgetwinsize(rustix::stdio::stdout());
    size.map_or(80, |size| if size.ws_col == 0 { 80 } else { size.ws_col.into() })
}

/// The settings as they are while we have the terminal: a key is read at once, and not shown.
pub(super) fn taken(before: &Termios) -> Termios {
    let mut ours = before.clone();
    ours.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
    ours.special_codes[SpecialCodeIndex::VMIN] = 1;
    ours.special_codes[SpecialCodeIndex::VTIME] = 0;
    ours
}

/// In the background this would stop us.
fn set(settings: &Termios) {
    if is_in_foreground() {
        let _ = tcsetattr(stdin(), OptionalActions::Now, settings);
    }
}

fn is_in_foreground() -> bool {
    tcgetpgrp(stdin()).is_ok_and(|foreground| foreground == getpgrp())
}

fn clear_status() {
    let mut out = std::io::stdout();
    let _ = out.write_all(CLEAR.as_bytes()).and_then(|()| out.flush());
}

/// Before a signal or a panic ends us. A thread that panics and is caught has its own words.
fn give_back_at_the_end(before: Termios) {
    let of_panic = before.clone();
    interrupt::before_the_end(move || {
        clear_status();
        set(&before);
    });
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().name() != Some(super::worker::NAME) {
            clear_status();
            set(&of_panic);
            usual(panic);
        }
    }));
}

/// Tells of new sizes, and gives the terminal back while we are stopped.
fn follow_signals(before: Termios, tell: impl Fn(Told) -> bool + Send + 'static) {
    use signal_hook::consts::{SIGCONT, SIGTSTP, SIGWINCH};
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGCONT, SIGTSTP, SIGWINCH]) else {
        return;
    };
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let lent = LENT.load(Ordering::SeqCst);
            let told = match signal {
                SIGTSTP => {
                    if !lent {
                        clear_status();
                        set(&before);
                    }
                    let _ = kill_process(getpid(), Signal::STOP);
                    continue;
                }
                SIGCONT => {
                    if !lent {
                        set(&taken(&before));
                    }
                    Told::Continued
                }
                _ => Told::Resized,
            };
            if !tell(told) {
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Run by the test below in a terminal of its own. Neither a value that is dropped nor the guard
    /// helps here.
    #[test]
    #[ignore = "it panics, with the terminal that it runs in"]
    fn panics_with_a_terminal_taken() {
        let mut terminal = Terminal::take(|_| true).expect("there is a terminal");
        terminal._guard = None;
        std::mem::forget(terminal);
        let taken = tcgetattr(stdin()).unwrap().local_modes;
        assert!(!taken.intersects(LocalModes::ICANON | LocalModes::ECHO));
        panic!("as it was to");
    }

    #[test]
    fn a_panic_gives_it_back() {
        let this = std::env::current_exe().unwrap();
        let name = "watch::terminal::tests::panics_with_a_terminal_taken";
        let line = format!("{} --ignored --exact {name} --nocapture; stty -a", this.display());
        let output = Command::new("script").args(["-qec", &line, "/dev/null"]).output().unwrap();
        let all = String::from_utf8_lossy(&output.stdout);
        assert!(all.contains("as it was to") && all.contains("1 failed"), "{all}");
        assert!(all.contains(" icanon") && all.contains(" echo "), "{all}");
    }
}
