//! A BPF file system of our own, where programs, maps and links can be pinned.

use std::fs;
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

/// The names of the pins in it, sorted. Some kernels put files of their own there, whose names have
/// a dot; nobody else can make such a name, or remove one.
///
/// # Errors
/// It is not mounted.
pub fn pins() -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(PLACE)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !name.contains('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Removes all pins in it.
///
/// # Errors
/// One cannot be removed: it is a folder, for example.
pub fn remove_pins() -> Result<()> {
    for name in pins()? {
        fs::remove_file(format!("{PLACE}/{name}"))
            .with_context(|| format!("cannot remove the pin {name}"))?;
    }
    Ok(())
}
