//! Arguments of `labrunner explain`.

use std::path::PathBuf;

use clap::Args;

/// Which log, and what goes with it.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ExplainArgs {
    /// The file with the log; `-`, or nothing, means standard input.
    pub file: Option<PathBuf>,

    /// The object of the program, for source lines and columns.
    #[arg(long, value_name = "FILE.bpf.o")]
    pub object: Option<PathBuf>,

    /// The program in the object, if the log does not name it.
    #[arg(long, value_name = "NAME", requires = "object")]
    pub program: Option<String>,

    /// Write a page to step through the log with: source, instructions and registers side by side.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,

    /// List all messages and categories that are known.
    #[arg(long, conflicts_with_all = ["file", "object", "html"])]
    pub list: bool,
}
