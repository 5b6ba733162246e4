//! `labrunner watch`.

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use super::EngineName;
use crate::complete;

/// What to watch, and where to run it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct WatchArgs {
    /// Chapter, such as `ch2`; without it, the lab in whose folder you are, the one that you left off
    /// at, or the one that comes next.
    #[arg(add = ArgValueCompleter::new(complete::chapters))]
    pub chapter: Option<String>,

    /// Lab of that chapter, such as `hello-map`.
    #[arg(add = ArgValueCompleter::new(complete::labs))]
    pub lab: Option<String>,

    /// Check the program against the task of an exercise; without a name, list the exercises.
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "", add = ArgValueCompleter::new(complete::exercises))]
    pub exercise: Option<String>,

    /// Where to run: in fresh micro-VMs, or on this machine's own kernel with rights raised for the lab
    /// alone.
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub on: Option<EngineName>,

    /// Kernel series for the micro-VM.
    #[arg(long, value_name = "SERIES", add = ArgValueCompleter::new(complete::kernels))]
    pub kernel: Option<String>,
}
