//! What libbpf warns of. Its way to say so is one function for the whole process.

use std::mem;
use std::sync::{Mutex, PoisonError};

use libbpf_rs::{PrintLevel, set_print};

static WORDS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Collects warnings from now on.
pub(crate) fn listen() {
    set_print(Some((PrintLevel::Warn, |_, message| {
        let line = message.trim_end();
        let line = line.strip_prefix("libbpf: ").unwrap_or(line);
        WORDS.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
    })));
}

/// The warnings since the last time.
pub(crate) fn take() -> Vec<String> {
    mem::take(&mut *WORDS.lock().unwrap_or_else(PoisonError::into_inner))
}
