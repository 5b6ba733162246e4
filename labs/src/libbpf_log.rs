//! What libbpf has to say, on standard error.
//!
//! When the kernel refuses a program, libbpf loads it once more to get the verifier's log, and prints
//! that as a warning between `-- BEGIN PROG LOAD LOG --` and `-- END PROG LOAD LOG --`. The log of a
//! program that is accepted comes as a debug message of the same form, when the program's log level
//! is set. libbpf makes the buffer for either, and doubles it until the log fits.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use libbpf_rs::{PrintLevel, set_print};

/// Prints libbpf's warnings and information.
pub(crate) fn to_stderr() {
    set_print(Some((PrintLevel::Info, print)));
}

/// Prints the logs of accepted programs as well.
pub(crate) fn with_logs_of_success() {
    set_print(Some((PrintLevel::Debug, print)));
}

/// Runs `body` and gives what libbpf said meanwhile, a message each, the logs of accepted programs too.
/// After it, libbpf prints its warnings and information again.
pub(crate) fn kept<T>(body: impl FnOnce() -> T) -> (T, Vec<String>) {
    set_print(Some((PrintLevel::Debug, keep)));
    let result = body();
    to_stderr();
    (result, std::mem::take(&mut *KEPT.lock().unwrap_or_else(PoisonError::into_inner)))
}

/// libbpf calls a plain function, so what it keeps has to be here.
static KEPT: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn keep(level: PrintLevel, message: String) {
    if is_wanted(level, &message) {
        KEPT.lock().unwrap_or_else(PoisonError::into_inner).push(message);
    }
}

fn print(level: PrintLevel, message: String) {
    if is_wanted(level, &message) {
        let _ = io::stderr().write_all(message.as_bytes());
    }
}

fn is_wanted(level: PrintLevel, message: &str) -> bool {
    level != PrintLevel::Debug || is_log(message)
}

/// Whether a message is a verifier log, in the frame that libbpf puts around one.
pub(crate) fn is_log(message: &str) -> bool {
    message.contains("-- BEGIN PROG LOAD LOG --")
}
