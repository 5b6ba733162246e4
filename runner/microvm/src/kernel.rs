//! Stock kernels of a distribution, fetched without root and kept in a cache.
//!
//! A [`Store`] holds one kernel a series (`6.1`, `6.12`, …): image, configuration, and of its modules
//! those that a virtual machine can use. [`Store::add`] takes them from the packages of the machine's own
//! distribution, through apt and with apt's check of signatures; [`Store::add_image`] from any files.

mod apt;
mod config;
mod copy;
mod deb;
mod distribution;
mod error;
mod image;
mod keep;
mod lock;
mod manifest;
mod process;
mod sources;
mod store;
mod version;

use std::path::PathBuf;

pub use apt::AptMachine;
pub use config::{Requirement, check_config, missing_options};
pub use copy::ImageFiles;
pub use error::KernelError;
pub use image::{ImageInfo, inspect_image};
pub use store::Store;

/// A kernel in a [`Store`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kernel {
    /// The name it was added under, such as `6.1`.
    pub series: String,
    /// What `uname -r` says on it, such as `6.1.0-53-cloud-amd64`; `unknown` if the image does not tell.
    pub release: String,
    /// Where it is from: packages with their version, or the path of the image that was given.
    pub origin: String,
    /// The image that QEMU's `-kernel` takes.
    pub image: PathBuf,
    /// What `lib/modules/RELEASE` of the package was, less what machines cannot use. May be empty.
    pub modules: PathBuf,
    /// The configuration it was built with; `None` if an image was added without one.
    pub config: Option<PathBuf>,
    /// Disk use in bytes.
    pub bytes: u64,
}

/// Processors that machines can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// `x86_64`.
    Amd64,
    /// `aarch64`.
    Arm64,
}

impl Architecture {
    /// The one this program runs on, or an error if there is no machine for it.
    pub fn of_this_machine() -> Result<Self, KernelError> {
        match std::env::consts::ARCH {
            "x86_64" => Ok(Self::Amd64),
            "aarch64" => Ok(Self::Arm64),
            other => Err(KernelError::Architecture(other.to_owned())),
        }
    }

    /// Its name in Debian and Ubuntu.
    pub fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }
}

/// What adding a kernel tells of its progress: one short sentence at a time, without an end of line.
pub type Progress<'a> = dyn FnMut(&str) + 'a;
