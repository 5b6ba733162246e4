//! A BPF file system of our own, where programs, maps and links can be pinned.

use std::io;
use std::path::Path;

use anyhow::{Context, Result};
use nix::sched::{CloneFlags, unshare};
use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};

/// Where it is mounted: the place that every tool knows.
pub const PLACE: &str = "/sys/fs/bpf";

/// Mounts a new, empty one where only this process and its children see it. It and all its pins go
/// when the last of them ends, however they end; what others have pinned is out of sight, and safe.
///
/// # Errors
/// We are not root, or the kernel has no such file system.
pub fn own() -> Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)
        .map_err(io::Error::from) // the words that all labs use for an error number
        .context("cannot have mounts of our own")?;
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    // Where the root is no mount that can be shared, as in an initramfs, there is nothing to change.
    match mount_change("/", private) {
        Ok(()) | Err(rustix::io::Errno::INVAL) => {}
        Err(error) => return Err(error).context("cannot keep our mounts to ourselves"),
    }
    mount("bpf", Path::new(PLACE), "bpf", MountFlags::empty(), None)
        .with_context(|| format!("cannot mount a BPF file system at {PLACE}"))
}
