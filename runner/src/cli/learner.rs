//! `labrunner init`, `hint`, `solution`, `reset`, `break`, `exercise`, `edit`, `progress`: what a learner does between two runs.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCompleter;

use crate::complete;

/// Which lab is meant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct LabArgs {
    /// Chapter of the lab, or the lab's name alone; without it, the lab in whose folder you are, the one
    /// that was run last, or the one that comes next.
    #[arg(add = ArgValueCompleter::new(complete::chapters))]
    pub chapter: Option<String>,

    /// The lab.
    #[arg(add = ArgValueCompleter::new(complete::labs))]
    pub lab: Option<String>,
}

/// Where the workspace shall be.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct InitArgs {
    /// The folder: a new one, an empty one, or a workspace.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// What the hint is for.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct HintArgs {
    /// The lab.
    #[command(flatten)]
    pub lab: LabArgs,

    /// An exercise of the lab.
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(complete::exercises))]
    pub exercise: Option<String>,

    /// All hints at once.
    #[arg(long)]
    pub all: bool,
}

/// Which solution.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SolutionArgs {
    /// The lab.
    #[command(flatten)]
    pub lab: LabArgs,

    /// An exercise of the lab; without it, the program as the course ships it.
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(complete::exercises))]
    pub exercise: Option<String>,

    /// Do not ask, even if it is not solved yet.
    #[arg(short, long)]
    pub yes: bool,
}

/// What is put back.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ResetArgs {
    /// The lab.
    #[command(flatten)]
    pub lab: LabArgs,

    /// All labs.
    #[arg(long, conflicts_with_all = ["chapter", "lab"])]
    pub all: bool,

    /// Bring back what the last reset replaced; once more brings back the other.
    #[arg(long, conflicts_with_all = ["chapter", "lab", "all"])]
    pub undo: bool,
}

/// What to do with the progress.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ProgressArgs {
    /// What to do with it; without it, how far you are.
    #[command(subcommand)]
    pub action: Option<ProgressAction>,
}

/// What can be done with the progress.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum ProgressAction {
    /// Print it, as TOML, for another machine.
    Export,
    /// Take over what was exported elsewhere. Nothing that was done here is lost: both count.
    Import {
        /// The file that was exported; `-` is standard input.
        file: PathBuf,
    },
}
