//! A `/tmp` of its own for a stimulus and its lab.
//!
//! On a machine that others use too, the files of a lab would be in their way, and stay behind when the
//! stimulus is killed. In a mount namespace, an empty file system lies over `/tmp`, which nobody else
//! sees, and which ends with the last process in it.

use std::ffi::CStr;
use std::fs::File;
use std::io;

use anyhow::{Context, Result};
use nix::sched::{CloneFlags, setns, unshare};
use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};

/// The environment variable that names the namespace which a lab enters: `/proc/PID/ns/mnt`.
const VARIABLE: &str = "LAB_MNTNS";

/// Where the files are: a folder that every machine has.
pub const FOLDER: &str = "/tmp";

/// Everybody may make files there, as in the folder that it stands for.
const OPTIONS: &CStr = c"mode=1777";

/// Leaves the `/tmp` of the machine for a new, empty one.
///
/// # Errors
/// We are not root.
pub fn leave() -> Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)
        .map_err(io::Error::from) // the words that all labs use for an error number
        .context("cannot make a namespace for files")?;
    // A new namespace may still share its mounts with the old one.
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", private).context("cannot keep our mounts to ourselves")?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    mount("tmpfs", FOLDER, "tmpfs", flags, OPTIONS)
        .with_context(|| format!("cannot make a {FOLDER} of our own"))
}

/// Enters the namespace that the runner tells, if it tells one.
///
/// # Errors
/// It is gone, or we are not root.
pub fn enter_told() -> Result<()> {
    let Some(path) = std::env::var_os(VARIABLE) else { return Ok(()) };
    let entered =
        File::open(&path).and_then(|namespace| Ok(setns(namespace, CloneFlags::CLONE_NEWNS)?));
    entered.with_context(|| format!("cannot enter the files of {}", path.display()))
}
