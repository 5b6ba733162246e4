//! What libbpf has to say, on standard error.
//!
//! When the kernel refuses a program, libbpf loads it once more to get the verifier's log, and prints
//! that as a warning between `-- BEGIN PROG LOAD LOG --` and `-- END PROG LOAD LOG --`. The log of a
//! program that is accepted comes as a debug message of the same form, when the program's log level
//! is set. libbpf makes the buffer for either, and doubles it until the log fits.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use libbpf_rs::{PrintLevel, set_print};

/// What is kept instead of being printed. libbpf takes a plain function, so this cannot be in an object.
static KEPT: Mutex<String> = Mutex::new(String::new());

/// Prints libbpf's warnings and information.
pub(crate) fn to_stderr() {
    set_print(Some((PrintLevel::Info, print)));
}

/// Prints the logs of accepted programs as well.
pub(crate) fn with_logs_of_success() {
    set_print(Some((PrintLevel::Debug, print)));
}

/// Runs `body` and gives what libbpf said meanwhile, the logs of accepted programs too. After it,
/// libbpf prints its warnings and information again.
pub(crate) fn kept<T>(body: impl FnOnce() -> T) -> (T, String) {
    set_print(Some((PrintLevel::Debug, keep)));
    let result = body();
    to_stderr();
    (result, std::mem::take(&mut *KEPT.lock().unwrap_or_else(PoisonError::into_inner)))
}

fn print(level: PrintLevel, message: String) {
    if is_wanted(level, &message) {
        let _ = io::stderr().write_all(message.as_bytes());
    }
}

fn keep(level: PrintLevel, message: String) {
    if is_wanted(level, &message) {
        KEPT.lock().unwrap_or_else(PoisonError::into_inner).push_str(&message);
    }
}

fn is_wanted(level: PrintLevel, message: &str) -> bool {
    level != PrintLevel::Debug || message.contains("-- BEGIN PROG LOAD LOG --")
}
