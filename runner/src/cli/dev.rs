//! The arguments of `labrunner dev`.

use clap::{Args, Subcommand};

use super::CheckArgs;

/// For those who write labs.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct DevArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: DevAction,
}

/// What to do for those who write labs.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum DevAction {
    /// Prove that labs are whole: the files agree with each other, and everything passes, fails and
    /// stays unsolved as it is declared.
    #[command(after_help = "Examples:
  labrunner dev check                              the whole course on the default kernel
  labrunner dev check ch8 my-lab --kernel all      one lab on all kernels that were added
  labrunner dev check ch2 hello --runs 20          … twenty times each

Exit status: as for `labrunner check`; 1 also where files are missing or do not agree.")]
    Check(DevCheckArgs),
    /// Write down what labs print, as the outputs that are expected from now on. Read them before you
    /// commit them.
    Record(RecordArgs),
    /// Write down what there is to translate in the book (`book/po/messages.pot`), and bring each
    /// language's table up to date with it.
    Messages(MessagesArgs),
    /// Make a new lab, small and complete: it passes `labrunner dev check` at once.
    New(NewArgs),
}

/// What is to be proved.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct DevCheckArgs {
    /// What to check, and where.
    #[command(flatten)]
    pub check: CheckArgs,

    /// Look at the files only; start no machine.
    #[arg(long)]
    pub files: bool,

    /// How often each is run: an output that differs once is a failure.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub runs: u32,
}

/// What is to be written down.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct RecordArgs {
    /// Only these: chapters such as `ch2`, labs such as `hello-map` or `ch2 hello-map`.
    #[arg(value_name = "CHAPTER|LAB", required = true)]
    pub only: Vec<String>,

    /// Kernel series for what depends on the kernel: refusals, and the output of some labs. All else
    /// is recorded on the default kernel.
    #[arg(long, value_name = "SERIES", default_value = "all")]
    pub kernel: String,
}

/// What to do with the messages of the book.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct MessagesArgs {
    /// Write nothing; fail if something is out of date.
    #[arg(long)]
    pub check: bool,
}

/// The new lab.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct NewArgs {
    /// Its chapter, such as `ch8`.
    pub chapter: String,

    /// Its name, such as `my-lab`.
    pub name: String,
}
