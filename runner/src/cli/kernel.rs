//! The arguments of `labrunner kernel`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCompleter;

use crate::complete;

/// What to do with kernels.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(arg_required_else_help = true)]
pub struct KernelArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: KernelAction,
}

/// What can be done with kernels.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum KernelAction {
    /// Show the kernels that were added, their sizes, and which one is the default.
    List,
    /// Fetch kernels of the distribution, without root, or copy one from files.
    #[command(after_help = "Examples:
  labrunner kernel add 5.10 6.12                   the newest of these series
  labrunner kernel add all                         every series of the distribution
  labrunner kernel add host                        the kernel that runs now
  labrunner kernel add --image arch/x86/boot/bzImage --config .config --name mine")]
    Add(AddArgs),
    /// Fetch the newest kernel of a series in place of the one that is there.
    Refresh {
        /// Kernel series.
        #[arg(required = true)]
        series: Vec<String>,
    },
    /// Remove kernels and the machines saved with them.
    Remove {
        /// Names of kernels, as `labrunner kernel list` shows them.
        #[arg(required = true, add = ArgValueCompleter::new(complete::kernels))]
        series: Vec<String>,
    },
    /// Show the kernel that labs run on, or choose it.
    Default {
        /// The kernel that labs shall run on where `--kernel` is not given.
        #[arg(add = ArgValueCompleter::new(complete::kernels))]
        series: Option<String>,
    },
}

/// Which kernels to add.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(arg_required_else_help = true)]
pub struct AddArgs {
    /// Series such as `6.12`, `all` of them, or `host` for the kernel that runs now.
    #[arg(required_unless_present = "image", conflicts_with = "image")]
    pub series: Vec<String>,

    /// A kernel image, such as /boot/vmlinuz-* or arch/x86/boot/bzImage.
    #[arg(long, value_name = "FILE")]
    pub image: Option<PathBuf>,

    /// The modules of the image; /lib/modules/RELEASE if that is there.
    #[arg(long, value_name = "DIR", requires = "image")]
    pub modules: Option<PathBuf>,

    /// The configuration of the image; config-RELEASE beside it if that is there.
    #[arg(long, value_name = "FILE", requires = "image")]
    pub config: Option<PathBuf>,

    /// The name for `--kernel`; the image's release if it is not given.
    #[arg(long, requires = "image")]
    pub name: Option<String>,
}
