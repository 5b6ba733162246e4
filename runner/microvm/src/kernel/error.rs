//! What can go wrong with kernels, each with the way out.

use std::io;
use std::path::{Path, PathBuf};

use super::Requirement;
use crate::modules::ModuleError;

/// Why a kernel cannot be added, found or removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KernelError {
    /// One of apt's programs is not installed.
    #[error(
        "{0} is not installed, so no packages can be fetched: add a kernel image of your own instead, \
         for example /boot/vmlinuz-* with the modules folder /lib/modules/*"
    )]
    NoApt(&'static str),
    /// No distribution known here carries this series.
    #[error("no kernel series {series} is known here: use one of {}, or add a kernel image of your own",
        .known.join(", "))]
    UnknownSeries {
        /// What was asked for.
        series: String,
        /// What this machine's distribution carries.
        known: Vec<String>,
    },
    /// The name cannot be a folder of the store.
    #[error(
        "\"{0}\" cannot be the name of a kernel: use letters, digits, \".\", \"-\", \"_\" and \"+\", \
         beginning with a letter or digit, 64 at most"
    )]
    BadName(String),
    /// The store does not have the kernel.
    #[error("kernel {series} has not been added; {}", there_are(.have))]
    NotAdded {
        /// What was asked for.
        series: String,
        /// What the store has.
        have: Vec<String>,
    },
    /// The store's folder of this kernel is damaged.
    #[error("kernel {series} in {} is damaged ({reason}): add it again", .folder.display())]
    Damaged {
        /// The kernel.
        series: String,
        /// Its folder.
        folder: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// There are no machines for this processor.
    #[error("there are no kernels for processors of type {0} here, only for x86_64 and aarch64")]
    Architecture(String),
    /// apt's sources name no archive of Debian or Ubuntu.
    #[error(
        "apt's sources in {} name no archive of Debian or Ubuntu: add a kernel image of your own instead",
        .0.display()
    )]
    NoArchive(PathBuf),
    /// The archive has no package of this series.
    #[error(
        "the package archive has no kernel {series} any more (looked in {suites}): add another series, \
         or a kernel image of your own"
    )]
    NoPackage {
        /// What was asked for.
        series: String,
        /// The suites that were searched.
        suites: String,
    },
    /// The lists name the package, but the mirror does not have its file.
    #[error(
        "package {package} is gone from the mirror ({said}): try again later, when the mirror is \
         complete, or add another series"
    )]
    Gone {
        /// The package.
        package: String,
        /// apt's words.
        said: String,
    },
    /// The mirror cannot be reached.
    #[error(
        "the package mirror cannot be reached ({said}): check the network, or add a kernel image of \
         your own"
    )]
    Network {
        /// apt's words.
        said: String,
    },
    /// apt does not trust the archive.
    #[error(
        "apt does not accept the archive's signature ({said}): bring the archive keyring package of \
         this machine up to date, or add another series"
    )]
    Untrusted {
        /// apt's words.
        said: String,
    },
    /// apt failed in another way.
    #[error("{command} failed: {said}")]
    Apt {
        /// The program.
        command: String,
        /// Its words.
        said: String,
    },
    /// No room for the kernel.
    #[error("the disk is full at {}: make room (a kernel takes about 40 MB, while it is added 250 MB)",
        .0.display())]
    DiskFull(PathBuf),
    /// The package file is damaged or holds what a kernel's package does not.
    #[error("package {package} cannot be unpacked ({reason}): try again, or add another series")]
    Package {
        /// The package or its file.
        package: String,
        /// What is wrong.
        reason: String,
    },
    /// The file is no kernel image.
    #[error(
        "{} is no kernel image ({reason}): give the file that a boot loader would load, such as \
         /boot/vmlinuz-* or arch/x86/boot/bzImage",
        .image.display()
    )]
    NotAKernel {
        /// The file.
        image: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The image may not be read by this user, as is usual for the images of some distributions.
    #[error(
        "{} may only be read by root: make a copy that you may read, \
         sudo install -m 644 {} COPY, and give that",
        .0.display(), .0.display()
    )]
    Unreadable(PathBuf),
    /// The modules were built for another kernel.
    #[error(
        "the modules in {} are of kernel {modules}, the image is kernel {image}: give the folder \
         lib/modules/{image}",
        .folder.display()
    )]
    OtherModules {
        /// The modules folder.
        folder: PathBuf,
        /// The release they are built for.
        modules: String,
        /// The release of the image.
        image: String,
    },
    /// The kernel is built without something that machines or BPF programs need.
    #[error("the kernel of {} is not usable: {}; use a kernel that has it",
        .config.display(), list(.missing))]
    Config {
        /// The configuration file.
        config: PathBuf,
        /// What is missing.
        missing: Vec<Requirement>,
    },
    /// The kernel has drivers of the machine's channel as modules, and they are not there.
    #[error(
        "the kernel of {} has {} as modules, and without them nobody can speak to its machine: give its \
         modules folder, lib/modules/RELEASE, too",
        .config.display(), .missing.join(" and ")
    )]
    NoModules {
        /// The configuration file.
        config: PathBuf,
        /// Names of the modules.
        missing: Vec<&'static str>,
    },
    /// A file operation failed.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io {
        /// What was tried, such as "read".
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl KernelError {
    /// For `map_err`: the failure of `action` on `path`; a full disk is told apart.
    pub(super) fn io(action: &'static str, path: &Path) -> impl Fn(io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull(path.clone())
            }
            _ => Self::Io { action, path: path.clone(), source },
        }
    }

    /// For `map_err`: the modules in `folder` could not be read.
    pub(super) fn modules(folder: &Path) -> impl Fn(ModuleError) -> Self {
        let folder = folder.to_owned();
        move |error| match error {
            ModuleError::Io { path, source } => Self::io("read", &path)(source),
            other => {
                let source = io::Error::other(other.to_string());
                Self::Io { action: "read", path: folder.clone(), source }
            }
        }
    }
}

fn there_are(series: &[String]) -> String {
    match series {
        [] => "no kernel has: add it first".to_owned(),
        _ => format!("there are {}: add it, or use one of these", series.join(", ")),
    }
}

fn list(missing: &[Requirement]) -> String {
    let each = missing.iter().map(|need| format!("{} is not set ({})", need.option, need.purpose));
    each.collect::<Vec<_>>().join(", ")
}
