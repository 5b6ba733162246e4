//! What libbpf has to say, on standard error.
//!
//! When the kernel refuses a program, libbpf loads it once more to get the verifier's log, and prints
//! that as a warning between `-- BEGIN PROG LOAD LOG --` and `-- END PROG LOAD LOG --`. The log of a
//! program that is accepted comes as a debug message of the same form, when the program's log level
//! is set. libbpf makes the buffer for either, and doubles it until the log fits.

use std::io::{self, Write};
use std::mem::take;
use std::sync::Mutex;

use libbpf_rs::{PrintLevel, set_print};

/// Prints libbpf's warnings and information.
pub(crate) fn to_stderr() {
    set_print(Some((PrintLevel::Info, print)));
}

/// Prints the logs of accepted programs as well.
pub(crate) fn with_logs_of_success() {
    set_print(Some((PrintLevel::Debug, print)));
}

/// Keeps the logs of accepted programs for [`kept`], instead of printing them.
pub(crate) fn keeping_logs_of_success() {
    set_print(Some((PrintLevel::Debug, keep)));
}

/// The logs that were kept, in the order of the programs.
pub(crate) fn kept() -> Vec<String> {
    KEPT.lock().map(|mut logs| take(&mut *logs)).unwrap_or_default()
}

/// libbpf calls a plain function, so what it keeps has to be here.
static KEPT: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn keep(level: PrintLevel, message: String) {
    match KEPT.lock() {
        Ok(mut logs) if is_log_of_success(level, &message) => logs.push(message),
        _ => print(level, message),
    }
}

fn print(level: PrintLevel, message: String) {
    if level != PrintLevel::Debug || is_log_of_success(level, &message) {
        let _ = io::stderr().write_all(message.as_bytes());
    }
}

fn is_log_of_success(level: PrintLevel, message: &str) -> bool {
    level == PrintLevel::Debug && message.contains("-- BEGIN PROG LOAD LOG --")
}
