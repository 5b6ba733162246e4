//! Processes that wait for their end.
//!
//! A process that starts and ends makes many kernel events, so a program at the wrong one of them may
//! seem right. Spare processes are started before anybody looks, and make but their end; or a call of
//! execve before it, which fails: no program starts then, only the call was made.

use std::collections::VecDeque;
use std::ffi::{CStr, CString};
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::unistd::execve;

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
        self.end_with(times, "")
    }

    /// As [`end`](Self::end), but before its end each tries to start a program that is not there. It
    /// calls itself `name` for that, if one is given.
    ///
    /// # Errors
    /// As `end`.
    pub(crate) fn exec_missing(&mut self, times: u32, name: Option<&str>) -> Result<Vec<u32>> {
        self.end_with(times, &format!("{}\n", name.unwrap_or_default()))
    }

    fn end_with(&mut self, times: u32, word: &str) -> Result<Vec<u32>> {
        let left = self.0.len();
        if times as usize > left {
            bail!("there are {left} spare processes: start the stimulus with --spare {times}");
        }
        self.0.drain(..times as usize).map(|child| end(child, word)).collect()
    }
}

fn end(mut child: Child, word: &str) -> Result<u32> {
    let mut input = child.stdin.take().context("a spare process has no input")?;
    input.write_all(word.as_bytes())?;
    drop(input);
    let status = child.wait()?;
    if !status.success() {
        bail!("a spare process failed: {status}");
    }
    Ok(child.id())
}

/// No such file, on any machine.
const MISSING: &CStr = c"/no/such/program";

/// What a spare process does: it waits for the end of its input. A line there is a name to take, or
/// empty, and asks for the call that fails.
pub(crate) fn wait() -> Result<()> {
    let mut input = String::new();
    io::stdin().lock().read_to_string(&mut input)?;
    let Some(name) = input.strip_suffix('\n') else { return Ok(()) };
    if !name.is_empty() {
        rustix::thread::set_name(&CString::new(name)?)?;
    }
    let nothing: [&CStr; 0] = [];
    match execve(MISSING, &[MISSING], &nothing) {
        Err(Errno::ENOENT) => Ok(()),
        Err(error) => bail!("execve of a missing file: {error}"),
    }
}
