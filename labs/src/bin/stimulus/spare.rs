//! Processes that wait for their end.
//!
//! A process that starts and ends makes many kernel events, so a program at the wrong one of them may
//! seem right. Spare processes are started before anybody looks, and make but their end.

use std::collections::VecDeque;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

/// The processes that are left, the oldest first. They end with their input: at the latest, when the
/// stimulus does.
pub(crate) struct Spares(VecDeque<Child>);

impl Spares {
    /// Starts `count` processes; each has done its exec when this returns.
    ///
    /// # Errors
    /// The system allows no more processes.
    pub(crate) fn start(count: u32, uid_base: u32) -> Result<Self> {
        let mut process = Command::new("/proc/self/exe");
        process.arg("--wait").stdin(Stdio::piped()).stdout(Stdio::null());
        if uid_base > 0 {
            process.uid(uid_base).gid(uid_base);
        }
        let start = |_| process.spawn().context("cannot start a spare process");
        Ok(Self((0..count).map(start).collect::<Result<_>>()?))
    }

    /// Ends `times` of them, one after the other. Returns which.
    ///
    /// # Errors
    /// So many are not there (none ends then), or one failed.
    pub(crate) fn end(&mut self, times: u32) -> Result<Vec<u32>> {
        let left = self.0.len();
        if times as usize > left {
            bail!("there are {left} spare processes: start the stimulus with --spare {times}");
        }
        self.0.drain(..times as usize).map(end).collect()
    }
}

fn end(mut child: Child) -> Result<u32> {
    let status = child.wait()?; // closes its input before
    if !status.success() {
        bail!("a spare process failed: {status}");
    }
    Ok(child.id())
}

/// What a spare process does: it waits for the end of its input.
pub(crate) fn wait() -> Result<()> {
    io::copy(&mut io::stdin().lock(), &mut io::sink())?;
    Ok(())
}
