//! What runs a lab, or a shell beside it, and the cache that both fill.

use std::time::Duration;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use super::{EngineName, seconds};
use crate::complete;

/// Which shell.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ShellArgs {
    /// Chapter of the lab that shall run in the machine.
    #[arg(add = ArgValueCompleter::new(complete::chapters))]
    pub chapter: Option<String>,

    /// The lab.
    #[arg(add = ArgValueCompleter::new(complete::labs))]
    pub lab: Option<String>,

    /// Kernel series.
    #[arg(long, value_name = "SERIES", add = ArgValueCompleter::new(complete::kernels))]
    pub kernel: Option<String>,

    /// Run this command instead of an interactive shell.
    #[arg(short, long, value_name = "COMMAND")]
    pub command: Option<String>,
}

/// What to do with the cache.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct CacheArgs {
    /// Remove everything from it; the next run makes what it needs again.
    #[arg(long)]
    pub clean: bool,
}

/// Which lab, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct RunArgs {
    /// Chapter, such as `ch2`.
    #[arg(add = ArgValueCompleter::new(complete::chapters))]
    pub chapter: Option<String>,

    /// Lab of that chapter, such as `hello-map`.
    #[arg(add = ArgValueCompleter::new(complete::labs))]
    pub lab: Option<String>,

    /// Words that are too many.
    #[arg(hide = true)]
    pub more: Vec<String>,

    /// Apply a known mistake to a copy of the program and check that it fails as it should; without
    /// a name, list the mistakes of the lab.
    #[arg(long = "break", value_name = "NAME", num_args = 0..=1, default_missing_value = "", add = ArgValueCompleter::new(complete::breaks))]
    pub break_name: Option<String>,

    /// Check the program against the task of an exercise; without a name, list the exercises of the
    /// lab.
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "", add = ArgValueCompleter::new(complete::exercises))]
    pub exercise: Option<String>,

    /// Show the course's solution of the exercise, in a copy of the program, and run that.
    #[arg(long, requires = "exercise", conflicts_with = "break_name")]
    pub solution: bool,

    /// Open the lab's page in a browser, and run nothing.
    #[arg(long, conflicts_with_all = ["break_name", "exercise", "on", "kernel", "raw", "show_commands", "deadline"])]
    pub page: bool,

    /// Where to run: in a fresh micro-VM, or on this machine's own kernel with rights raised for the
    /// lab alone.
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub on: Option<EngineName>,

    /// Kernel series for the micro-VM: one, several with commas, or `all` that were added.
    #[arg(long, value_name = "SERIES", add = ArgValueCompleter::new(complete::kernels))]
    pub kernel: Option<String>,

    /// Show what the lab really printed, and the whole verifier log.
    #[arg(long)]
    pub raw: bool,

    /// Print the commands that do the same by hand, and run nothing.
    #[arg(long)]
    pub show_commands: bool,

    /// How long the lab may take, in seconds.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub deadline: Option<Duration>,
}
