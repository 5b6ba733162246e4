//! Ctrl-C, and what is said before it ends the process.
//!
//! Ending at once is safe at any moment: machines and labs end with this process, and files get their
//! names only when they are complete. A command that has results to show may have a last word.

use std::sync::{Mutex, PoisonError};

type LastWord = Box<dyn FnOnce() + Send>;

static LAST_WORD: Mutex<Option<LastWord>> = Mutex::new(None);

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
