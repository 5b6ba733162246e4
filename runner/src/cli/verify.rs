//! The arguments of `labrunner verify`.

use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use super::seconds;
use crate::complete;

/// Which object, and where.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct VerifyArgs {
    /// A BPF object, or BPF C that is compiled as that of the labs is; from any folder.
    #[arg(value_name = "OBJECT.bpf.o|SOURCE.bpf.c")]
    pub file: PathBuf,

    /// Kernel series, one column each: one, several with commas, or `all` that were added.
    #[arg(long, value_name = "SERIES", add = ArgValueCompleter::new(complete::kernels))]
    pub kernel: Option<String>,

    /// Show what has changed since this object, or since this source.
    #[arg(long, value_name = "OLD.bpf.o")]
    pub compare: Option<PathBuf>,

    /// How many machines run at a time. If this is not given, as many as there are processors, and as
    /// fit into the free memory at 350 MB each.
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZero<usize>>,

    /// How long one program may take, in seconds.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "60")]
    pub deadline: Duration,
}
