//! Where labs run: the interface that both engines have.

pub mod host;
pub mod qemu;
pub mod vm;

use std::path::Path;
use std::time::Duration;

use microvm::{Event, ProcessId, Trouble};

use crate::error::Error;

/// A place where labs can run.
pub trait Engine {
    /// `vm` or `host`, as JSON output names it.
    fn name(&self) -> &'static str;

    /// Starts a session and returns without waiting for it. `say` is told, in short sentences, what
    /// takes more than a moment.
    fn start(&self, say: &mut dyn FnMut(&str)) -> Result<Box<dyn Session>, Error>;
}

/// A kernel that is there for one run of one lab. Dropping it ends everything that runs in it.
pub trait Session: Send {
    /// Waits until the kernel is there; its release, as `uname -r` prints it.
    fn ready(&mut self, say: &mut dyn FnMut(&str)) -> Result<String, Error>;

    /// Makes a program of this machine available; returns the path by which [`Session::spawn`] finds
    /// it.
    fn install(&mut self, program: &Path) -> Result<String, Error>;

    /// Makes the bytes of a program available under a name, as [`Session::install`] does. They may be
    /// anybody's, so only a kernel of our own takes them.
    fn install_bytes(&mut self, name: &str, bytes: &[u8]) -> Result<String, Error>;

    /// Makes bytes available as a file; returns the path by which a spawned program opens it.
    fn provide(&mut self, name: &str, bytes: &[u8]) -> Result<String, Error>;

    /// Makes programs of this machine available by their names, such as `bpftool`, for those that are
    /// spawned.
    fn install_tools(&mut self, names: &[String]) -> Result<(), Error>;

    /// Starts a program with the rights to load BPF programs.
    fn spawn(&mut self, argv: &[String], env: &[(&str, &str)]) -> Result<ProcessId, Error>;

    /// Writes to the standard input of a program.
    fn write_stdin(&mut self, id: ProcessId, data: &[u8]) -> Result<(), Error>;

    /// Ends the standard input of a program.
    fn close_stdin(&mut self, id: ProcessId) -> Result<(), Error>;

    /// The next thing that happens, or `None` when nothing does in time.
    fn next_event(&mut self, within: Duration) -> Result<Option<Event>, Error>;

    /// What earlier sessions wrote down about this kernel, which is the same for as long as that is there;
    /// `None` where that cannot be known.
    fn notes(&self) -> Option<String>;

    /// Writes that down, instead of what was there. It can be found out again, so a failure is none.
    fn keep_notes(&self, text: &str);

    /// What the kernel has complained of since the session began: an oops, a `WARN()` and the like; of
    /// several the worst. `None` where its log is not ours alone, and so may tell of others.
    fn trouble(&self) -> Option<Trouble>;

    /// Whether others use the same kernel. Then the stimulus must not be mistaken for them.
    fn shared(&self) -> bool;
}
