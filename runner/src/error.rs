//! Reasons why a lab has no verdict, and the exit codes.

use std::fmt;

/// The lab passed.
pub const PASSED: u8 = 0;
/// The lab failed, or took too long.
pub const FAILED: u8 = 1;
/// The command line, or a file of the course, is wrong.
pub const USAGE: u8 = 2;
/// This machine cannot run it (`EX_UNAVAILABLE` of sysexits.h).
pub const UNAVAILABLE: u8 = 69;
/// Ended by Ctrl-C (128 + SIGINT).
pub const INTERRUPTED: u8 = 130;

/// What stands between the command line and a verdict.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Something in the command line or in a file of the course has to be corrected.
    #[error("{0}")]
    Usage(String),
    /// The Rust side of the labs does not build; cargo has said why.
    #[error("{0}")]
    Build(String),
    /// This machine is not able to run the lab; not the learner's mistake.
    #[error("{0}")]
    Environment(Unable),
}

/// What this machine lacks, and how to change that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unable {
    /// What failed, on what.
    pub problem: String,
    /// What to do next.
    pub fix: String,
}

impl fmt::Display for Unable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.problem, self.fix)
    }
}

impl Error {
    /// An environment error of a problem and its remedy.
    pub fn unable(problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::Environment(Unable { problem: problem.into(), fix: fix.into() })
    }

    /// The exit status for it.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => USAGE,
            Self::Build(_) => FAILED,
            Self::Environment(_) => UNAVAILABLE,
        }
    }
}
