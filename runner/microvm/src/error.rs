//! What can go wrong between "run this kernel" and "the agent answers".

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use labrunner_guest::protocol::FrameError;

/// Why a machine could not be made, restored or used. Every message says what failed and on what; the
/// caller, who knows how the user installs things, adds what to do next. Most are the end of the machine;
/// after [`MachineError::Agent`] and [`MachineError::Deadline`] it may go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MachineError {
    /// The QEMU program is not there.
    #[error("the program {program} is not installed or not on the PATH")]
    NoQemu {
        /// The program that was looked for.
        program: String,
    },
    /// QEMU ended by itself before the machine was up.
    #[error("QEMU ended with {status} while the machine was {doing}{}", said(.stderr))]
    QemuEnded {
        /// How the process ended.
        status: String,
        /// "booting", "being saved" or "being restored".
        doing: &'static str,
        /// The last of what QEMU and the machine's console printed.
        stderr: String,
    },
    /// The kernel of the machine panicked, or the machine was switched off from inside.
    #[error("the machine went down: {reason}")]
    GuestDown {
        /// The deciding console line, such as `Kernel panic - not syncing: …`.
        reason: String,
        /// The last of what the machine's console printed.
        console: String,
    },
    /// The machine's kernel has started and found no channel to the host.
    #[error(
        "the kernel starts, and has no driver for the channel to its machine: {} {} neither built in \
         nor among its modules",
        .missing.join(" and "), if .missing.len() == 1 { "is" } else { "are" }
    )]
    NoChannel {
        /// The modules that it would need.
        missing: Vec<&'static str>,
    },
    /// Nothing happened in time.
    #[error("the machine did not answer within {:.1} s while {doing}", .after.as_secs_f64())]
    Deadline {
        /// What it was waited for.
        doing: &'static str,
        /// How long.
        after: Duration,
        /// The last of what the machine's console printed.
        console: String,
    },
    /// The saved machine does not have the contents that were saved.
    #[error("the saved machine {} is damaged", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The agent could not do what it was asked.
    #[error("the machine reports: {0}")]
    Agent(String),
    /// The agent is of another version than this library.
    #[error("the agent speaks version {found} of the protocol, this library version {expected}")]
    Version {
        /// What the agent speaks.
        found: u32,
        /// What this library speaks.
        expected: u32,
    },
    /// The channel to the agent failed.
    #[error("the channel to the machine failed: {0}")]
    Channel(#[source] FrameError),
    /// QEMU refused a command of its control protocol.
    #[error("QEMU refused `{command}`: {reason}")]
    Qmp {
        /// The QMP command.
        command: &'static str,
        /// QEMU's own words.
        reason: String,
    },
    /// Something about the initramfs or the kernel's modules.
    #[error("{0}")]
    Initramfs(String),
    /// A file or process operation failed.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was tried, on what.
        what: String,
        /// The system's error.
        #[source]
        source: io::Error,
    },
}

impl MachineError {
    /// For `map_err`: wraps an I/O error with what was tried.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    /// Whether the machine itself did not work, and not something around it such as the disk.
    pub(crate) fn is_of_the_machine(&self) -> bool {
        use MachineError::*;
        matches!(self, QemuEnded { .. } | GuestDown { .. } | Deadline { .. } | Qmp { .. })
    }

    /// What the machine's console printed last, where there is such text.
    pub fn console(&self) -> Option<&str> {
        match self {
            Self::GuestDown { console, .. } | Self::Deadline { console, .. } => Some(console),
            Self::QemuEnded { stderr, .. } => Some(stderr),
            _ => None,
        }
    }
}

/// The last line that QEMU itself printed, for a message of one line.
fn said(stderr: &str) -> String {
    match stderr.lines().rev().find(|line| line.starts_with("qemu")) {
        Some(line) => format!(" ({line})"),
        None => String::new(),
    }
}
