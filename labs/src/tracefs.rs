//! tracefs, the kernel's file system for tracing: where it is, or a mount of our own.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsmount, fsopen};

/// Its own place, and the one inside debugfs that it had before Linux 4.1.
const PLACES: [&str; 2] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

/// tracefs. Where nobody has mounted it, this is a mount that no folder shows and that goes with us.
#[derive(Debug)]
pub struct Tracefs {
    root: PathBuf,
    own: Option<OwnedFd>,
}

impl Tracefs {
    /// Finds it, or mounts it.
    ///
    /// # Errors
    /// We may not look into it, or the kernel has none.
    pub fn find() -> Result<Self> {
        for place in PLACES.map(PathBuf::from) {
            match fs::metadata(place.join("trace_pipe")) {
                Ok(_) => return Ok(Self { root: place, own: None }),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error).context("tracefs cannot be entered"),
            }
        }
        let mounted = fsopen("tracefs", FsOpenFlags::FSOPEN_CLOEXEC).and_then(|file_system| {
            fsconfig_create(&file_system)?;
            fsmount(&file_system, FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty())
        });
        let own = mounted.context("tracefs is not mounted, and cannot be")?;
        Ok(Self { root: format!("/proc/self/fd/{}", own.as_raw_fd()).into(), own: Some(own) })
    }

    /// Whether it is where other programs look for it.
    pub fn is_mounted(&self) -> bool {
        self.own.is_none()
    }

    /// The text of one of its files; empty if it cannot be read.
    pub fn text(&self, name: &str) -> String {
        fs::read_to_string(self.root.join(name)).unwrap_or_default()
    }

    /// Opens the trace pipe for reading without waiting.
    ///
    /// # Errors
    /// On newer kernels, somebody else reads the pipe.
    pub fn trace_pipe(&self) -> Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(libc::O_NONBLOCK);
        match options.open(self.root.join("trace_pipe")) {
            Err(error) if error.kind() == ErrorKind::ResourceBusy => bail!(
                "cannot open the trace pipe: another process reads it, and this kernel allows only \
                 one; end that one first (`sudo fuser -v /sys/kernel/tracing/trace_pipe` finds it)"
            ),
            opened => opened.context("cannot open the trace pipe"),
        }
    }
}
