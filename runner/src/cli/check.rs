//! The arguments of `labrunner check`.

use std::num::NonZero;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use super::EngineName;
use crate::complete;

/// What to check, and where.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct CheckArgs {
    /// Only these: chapters such as `ch2`, labs such as `hello-map` or `ch2 hello-map`.
    #[arg(value_name = "CHAPTER|LAB", add = ArgValueCompleter::new(complete::chapters))]
    pub only: Vec<String>,

    /// Kernel series, one column each: one, several with commas, or `all` that were added.
    #[arg(long, value_name = "SERIES", add = ArgValueCompleter::new(complete::kernels))]
    pub kernel: Option<String>,

    /// How many machines run at a time. If this is not given, as many as there are processors, and as
    /// fit into the free memory at 350 MB each.
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZero<usize>>,

    /// Where to run: in fresh micro-VMs, or one by one on this machine's own kernel.
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub on: Option<EngineName>,
}
