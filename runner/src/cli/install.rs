//! The arguments of `labrunner completions` and `labrunner man`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// For which shell.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub shell: ShellName,
}

/// The shells that can ask for completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShellName {
    /// GNU Bash.
    Bash,
    /// The Z shell.
    Zsh,
    /// fish.
    Fish,
}

/// Where the manual goes.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ManArgs {
    /// Write a page for labrunner and one for each command into this folder; without it, the first is
    /// printed.
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}
