//! Keys, as a terminal sends them.

use std::io::{PipeWriter, pipe};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::stdio::stdin;
use rustix::termios::tcgetpgrp;

/// How long keys are left alone that are not for us: whoever reads in the background is stopped.
const BACKGROUND: Duration = Duration::from_millis(200);

/// A key, or what else comes from the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A letter, a digit and so on.
    Char(char),
    /// Enter.
    Enter,
    /// Escape.
    Escape,
    /// Backspace.
    Backspace,
    /// Ctrl-L.
    Redraw,
    /// Ctrl-D, or a terminal that is gone.
    End,
}

/// The keys in what was read at once. Keys without a meaning here, such as the arrows, are left out.
///
/// A terminal sends such a key as a sequence that begins with Escape, all at once (ECMA-48: `ESC [`, then
/// parameters, then a letter; `ESC O` and a letter); Escape alone is the key.
fn parse(bytes: &[u8]) -> Vec<Key> {
    let text = String::from_utf8_lossy(bytes);
    let mut chars = text.chars().peekable();
    let mut keys = Vec::new();
    while let Some(char) = chars.next() {
        keys.push(match char {
            '\r' | '\n' => Key::Enter,
            '\x7f' | '\x08' => Key::Backspace,
            '\x0c' => Key::Redraw,
            '\x04' => Key::End,
            '\x1b' => match chars.next() {
                None => Key::Escape,
                Some('[') => {
                    let is_final = |char: &char| ('@'..='~').contains(char);
                    while chars.next().is_some_and(|char| !is_final(&char)) {}
                    continue;
                }
                Some('O') => {
                    chars.next();
                    continue;
                }
                Some(_) => continue, // with Alt
            },
            char if char.is_control() || char == '\u{fffd}' => continue,
            char => Key::Char(char),
        });
    }
    keys
}

/// The thread that reads them. Dropping it ends it, so that somebody else can read.
pub struct Keys {
    thread: Option<JoinHandle<()>>,
    /// Wakes the thread when it is dropped.
    wake: Option<PipeWriter>,
}

impl Keys {
    /// Starts it; `tell` is called with each key, and returns false when nobody wants them any more.
    pub fn start(tell: impl Fn(Key) -> bool + Send + 'static) -> Self {
        let (woken, wake) = match pipe() {
            Ok((woken, wake)) => (woken, Some(wake)),
            Err(_) => return Self { thread: None, wake: None },
        };
        let thread = thread::spawn(move || {
            let mut buffer = [0; 256];
            while wait(&woken) {
                let keys = match rustix::io::read(stdin(), &mut buffer) {
                    Ok(length @ 1..) => parse(&buffer[..length]),
                    Err(Errno::INTR | Errno::AGAIN) => continue,
                    Ok(0) | Err(_) => vec![Key::End],
                };
                let ended = keys.contains(&Key::End);
                if !keys.into_iter().all(&tell) || ended {
                    return;
                }
            }
        });
        Self { thread: Some(thread), wake }
    }
}

/// Waits for a key; false if there is to be an end of it.
fn wait(woken: &impl std::os::fd::AsFd) -> bool {
    loop {
        let stdin = stdin();
        let mut both = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(woken, PollFlags::IN)];
        match poll(&mut both, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return false,
        }
        if !both[1].revents().is_empty() {
            return false;
        }
        if both[0].revents().is_empty() {
            continue;
        }
        if tcgetpgrp(stdin).is_ok_and(|foreground| foreground != getpgrp()) {
            thread::sleep(BACKGROUND);
            continue;
        }
        return true;
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.wake.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_from_sequences() {
        use Key::{Backspace, Char, End, Enter, Escape, Redraw};
        for (bytes, expected) in [
            (&b"n"[..], vec![Char('n')]),
            (b"12\r", vec![Char('1'), Char('2'), Enter]),
            (b"\x1b", vec![Escape]),
            (b"\x1b[A\x1b[1;5Cq", vec![Char('q')]),
            (b"\x1bOPx", vec![Char('x')]),
            (b"\x1bh", vec![]),
            (b"\x1b[200~n", vec![Char('n')]),
            (b"\x7f\x08\x0c\x04", vec![Backspace, Backspace, Redraw, End]),
            ("\u{e9}?".as_bytes(), vec![Char('\u{e9}'), Char('?')]),
            (b"\xff\x00\x01", vec![]),
        ] {
            assert_eq!(parse(bytes), expected, "{bytes:?}");
        }
    }
}
