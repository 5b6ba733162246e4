//! Results go to standard output; what takes more than a moment is told on standard error.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::error::Error;

/// How often the line is drawn again that waits.
const TICK: Duration = Duration::from_millis(100);

/// How long something may take that nobody was told of.
const MOMENT: Duration = Duration::from_secs(1);

static QUIET: AtomicBool = AtomicBool::new(false);

/// The line that waits for what was told last.
static WAITING: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// From now on, nothing is told on the way.
pub fn be_quiet() {
    QUIET.store(true, Ordering::Relaxed);
}

/// Whether nothing is told on the way.
pub fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// Tells what takes more than a moment. On a terminal, a sentence that ends in `…` shows how long it has
/// been taking, until something else is told or printed.
pub fn say(sentence: &str) {
    settle();
    if is_quiet() {
        return;
    }
    if sentence.ends_with('…') && std::io::stderr().is_terminal() {
        wait_for(sentence);
    } else {
        let _ = writeln!(std::io::stderr(), "{sentence}");
    }
}

/// Prints to standard output. A reader that is gone, as in `labrunner list | head -1`, is no error.
///
/// # Errors
/// It cannot be written, for instance because the disk behind it is full.
pub fn print(text: &str) -> Result<(), Error> {
    settle();
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(Error::unable(
            format!("cannot write the result: {e}."),
            "Is the disk full to which the output goes?",
        )),
        _ => Ok(()),
    }
}

/// What was told last is done: it becomes a line as any other.
pub fn settle() {
    if let Some(bar) = waiting().take() {
        bar.finish_and_clear();
        if !bar.message().is_empty() {
            let _ = writeln!(std::io::stderr(), "{}", bar.message());
        }
    }
}

/// Work of several steps, each of which takes the place of the one before; nothing of it stays on a
/// terminal. Elsewhere each is a line.
#[derive(Debug, Default)]
pub struct Step(());

impl Step {
    /// What is done now, a sentence without its end.
    pub fn show(&self, sentence: &str) {
        let shown = waiting().as_ref().map(|bar| bar.set_message(format!("{sentence} …")));
        if shown.is_none() {
            say(&format!("{sentence} …"));
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if let Some(bar) = waiting().take() {
            bar.finish_and_clear();
        }
    }
}

/// Until it is dropped, a terminal shows how long this takes, if it takes more than a second; nothing of
/// that stays.
pub struct Long {
    done: Option<Sender<()>>,
    watcher: Option<JoinHandle<()>>,
}

impl Long {
    /// Begins to wait. `what` is a short sentence.
    pub fn new(what: String) -> Self {
        if is_quiet() || !std::io::stderr().is_terminal() {
            return Self { done: None, watcher: None };
        }
        let (done, ended) = channel();
        let watcher = thread::spawn(move || {
            let over = |within| ended.recv_timeout(within) != Err(RecvTimeoutError::Timeout);
            if over(MOMENT) {
                return;
            }
            let bar = spinner(&what);
            while !over(TICK) {
                // Something else is told: that is news enough.
                if waiting().is_none() {
                    bar.tick();
                }
            }
            bar.finish_and_clear();
        });
        Self { done: Some(done), watcher: Some(watcher) }
    }
}

impl Drop for Long {
    fn drop(&mut self) {
        self.done.take();
        if let Some(watcher) = self.watcher.take() {
            let _ = watcher.join();
        }
    }
}

fn wait_for(sentence: &str) {
    let bar = spinner(sentence);
    bar.enable_steady_tick(TICK);
    *waiting() = Some(bar);
}

fn spinner(sentence: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {elapsed}").expect("a constant");
    ProgressBar::new_spinner().with_style(style).with_message(sentence.to_string())
}

fn waiting() -> std::sync::MutexGuard<'static, Option<ProgressBar>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}
