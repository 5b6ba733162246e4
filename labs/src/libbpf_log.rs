//! What libbpf has to say, on standard error.
//!
//! When the kernel refuses a program, libbpf loads it once more to get the verifier's log, and prints
//! that as a warning between `-- BEGIN PROG LOAD LOG --` and `-- END PROG LOAD LOG --`. The log of a
//! program that is accepted comes as a debug message of the same form, when the program's log level
//! is set. libbpf makes the buffer for either, and doubles it until the log fits.

use std::io::{self, Write};

use libbpf_rs::{PrintLevel, set_print};

/// Prints libbpf's warnings and information.
pub(crate) fn to_stderr() {
    set_print(Some((PrintLevel::Info, print)));
}

/// Prints the logs of accepted programs as well.
pub(crate) fn with_logs_of_success() {
    set_print(Some((PrintLevel::Debug, print)));
}

fn print(level: PrintLevel, message: String) {
    if level != PrintLevel::Debug || message.contains("-- BEGIN PROG LOAD LOG --") {
        let _ = io::stderr().write_all(message.as_bytes());
    }
}
