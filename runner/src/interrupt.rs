//! Ctrl-C, and what is said before it ends the process.
//!
//! Ending at once is safe at any moment: machines and labs end with this process, and files get their
//! names only when they are complete. A command that has results to show may have a last word.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

type LastWord = Box<dyn FnOnce() + Send>;

static LAST_WORD: Mutex<Option<LastWord>> = Mutex::new(None);

/// Whether Ctrl-C is for another program.
static HELD: AtomicBool = AtomicBool::new(false);

/// While another program has the terminal, such as an editor, its Ctrl-C is not ours, though it comes to us
/// too.
pub fn hold(held: bool) {
    HELD.store(held, Ordering::SeqCst);
}

/// Whether Ctrl-C is for another program now.
pub fn is_held() -> bool {
    HELD.load(Ordering::SeqCst)
}

/// From now on, `last_word` is called before an interrupt ends the process. It must return soon.
pub fn before_the_end(last_word: impl FnOnce() + Send + 'static) {
    *LAST_WORD.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(last_word));
}

/// Says the last word, if there is one.
pub fn say_last_word() {
    let last_word = LAST_WORD.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(last_word) = last_word {
        last_word();
    }
}
