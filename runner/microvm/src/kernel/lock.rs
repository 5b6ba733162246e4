//! One at a time: a lock on a folder between processes and threads.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::KernelError;

/// Holds the lock until it is dropped; the kernel also releases it when the process ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Locks `file`, which is made if need be. `waiting` is called once if another one holds it.
    pub(super) fn take(file: &Path, waiting: &mut dyn FnMut()) -> Result<Self, KernelError> {
        let failed = KernelError::io("lock", file);
        let mut waited = false;
        loop {
            let folder = file.parent().unwrap_or(file);
            fs::create_dir_all(folder).map_err(KernelError::io("make the folder", folder))?;
            let open = File::options().create(true).truncate(false).write(true).open(file);
            let open = open.map_err(&failed)?;
            match flock(&open, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(Errno::WOULDBLOCK) => {
                    if !waited {
                        waiting();
                    }
                    waited = true;
                    wait(&open).map_err(&failed)?;
                }
                Err(error) => return Err(failed(error.into())),
            }
            // Whoever deleted the folder meanwhile left us the lock of a file that is no more.
            let is_there = fs::metadata(file).is_ok_and(|there| {
                open.metadata()
                    .is_ok_and(|ours| (there.dev(), there.ino()) == (ours.dev(), ours.ino()))
            });
            if is_there {
                return Ok(Self { _file: open });
            }
        }
    }
}

fn wait(file: &File) -> io::Result<()> {
    loop {
        match flock(file, FlockOperation::LockExclusive) {
            Err(Errno::INTR) => {}
            other => return Ok(other?),
        }
    }
}
