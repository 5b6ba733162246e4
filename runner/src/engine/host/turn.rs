//! One labrunner at a time on this machine's kernel: the trace pipe has one reader, and labs would
//! see each other's programs.

use std::fs::File;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// What is locked. It is there for every user and stands for the kernel, and a lock leaves nothing
/// behind in it. (A container with a network namespace of its own has another one: there, a trace pipe
/// that is in use is noticed when the kernel's features are tried.)
const KERNEL: &str = "/sys/kernel";

/// A run of a lab takes about this long; a longer wait is told.
const USUAL: Duration = Duration::from_secs(1);

/// Our turn, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    _locked: File,
}

impl Turn {
    /// Waits for it. `None` where nothing can be locked.
    pub(super) fn take(say: &mut dyn FnMut(&str)) -> Option<Self> {
        let folder = File::open(KERNEL).ok()?;
        let start = Instant::now();
        let mut told = false;
        loop {
            match flock(&folder, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Some(Self { _locked: folder }),
                Err(Errno::WOULDBLOCK | Errno::INTR) => {}
                Err(_) => return None,
            }
            if !told && start.elapsed() > USUAL {
                say("Waiting for another labrunner that runs labs on this kernel …");
                told = true;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}
