//! What clang may use up, and what of this machine it may touch.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use command_fds::{CommandFdExt, FdMapping};
use landlock::{
    ABI, Access, AccessFs, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus,
    path_beneath_rules,
};
use microvm::find_program;

use crate::child::{self, Output, run_within, tied};
use crate::error::Error;

/// Processor time.
pub const CPU: Duration = Duration::from_secs(10);

/// Memory in bytes (`RLIMIT_DATA`). For a lab clang takes a tenth of it.
pub const MEMORY: u64 = 512 << 20;

/// Whatever clang writes, in bytes (`RLIMIT_FSIZE`).
pub const OUTPUT: u64 = 32 << 20;

/// Where programs and their libraries are.
const SYSTEM: [&str; 8] =
    ["/usr", "/lib", "/lib32", "/lib64", "/bin", "/nix/store", "/gnu/store", "/etc/ld.so.cache"];

/// The rules of Landlock that are asked for; a kernel that has fewer keeps those.
const LANDLOCK: ABI = ABI::V5;

/// Starts clang with as little as it needs.
#[derive(Debug)]
pub struct Cage {
    /// Where clang has its own headers (`-print-resource-dir`).
    pub resources: PathBuf,
    /// Whether the kernel of this machine guards its files, too.
    pub landlock: bool,
    root: PathBuf,
    /// What it may read and execute.
    readable: Vec<PathBuf>,
}

impl Cage {
    /// A cage for compiling in the course's root.
    pub fn new(root: &Path) -> Result<Self, Error> {
        let Some(clang) = find_program("clang") else {
            return Err(Error::unable(
                "clang is not installed or not on the PATH.",
                "It turns BPF C into bytecode. Install it: sudo apt-get install clang",
            ));
        };
        if find_program("prlimit").is_none() {
            return Err(Error::unable(
                "prlimit is not installed or not on the PATH.",
                "It limits what clang may use up. Install it: sudo apt-get install util-linux",
            ));
        }
        let mut ask = tied("clang")?;
        let asked = run_within(ask.arg("-print-resource-dir"), CPU);
        let resources = asked.ok().flatten().map(|output| output.stdout).unwrap_or_default();
        let resources = PathBuf::from(String::from_utf8_lossy(&resources).trim());
        let mut readable: Vec<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
        // A clang elsewhere has its libraries beside it: `…/bin/clang`, `…/lib`.
        let real = clang.canonicalize().unwrap_or(clang);
        readable.extend(
            real.ancestors()
                .nth(2)
                .filter(|folder| folder.components().count() > 2)
                .map(Into::into),
        );
        readable.extend([resources.clone(), root.join("labs-bpf/include")]);
        let landlock = guarded(|| is_guarded(&readable));
        Ok(Self { resources, landlock, root: root.to_owned(), readable })
    }

    /// Runs clang in the course's root; it inherits the files by the numbers given. `None` if it has not
    /// ended in time.
    pub fn run(
        &self,
        arguments: &[String],
        files: Vec<(OwnedFd, i32)>,
        within: Duration,
    ) -> Result<Option<Output>, Error> {
        let mut command = self.command(arguments, files)?;
        let ran = guarded(|| {
            if self.landlock && !is_guarded(&self.readable) {
                return Err(std::io::Error::other("Landlock has stopped working"));
            }
            run_within(&mut command, within)
        });
        ran.map_err(|e| {
            Error::unable(format!("clang cannot be started: {e}."), "Is the memory used up?")
        })
    }

    fn command(&self, arguments: &[String], files: Vec<(OwnedFd, i32)>) -> Result<Command, Error> {
        let mut command = child::tied("prlimit")?;
        let mapped = |(parent_fd, child_fd)| FdMapping { parent_fd, child_fd };
        command
            .arg(format!("--cpu={}", CPU.as_secs()))
            .arg(format!("--data={MEMORY}"))
            .arg(format!("--fsize={OUTPUT}"))
            .args(["--core=0", "--", "clang"])
            .args(arguments)
            .current_dir(&self.root)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("PWD", &self.root)
            // A clang that breaks down would start another program and leave its files behind.
            .env("LLVM_DISABLE_SYMBOLIZATION", "1")
            .fd_mappings(files.into_iter().map(mapped).collect())
            .map_err(|e| {
                Error::unable(format!("clang cannot be given its files: {e}."), "Try again.")
            })?;
        Ok(command)
    }
}

/// Does something in a thread of its own, so that its restrictions go with it.
fn guarded<T: Send>(act: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        scope.spawn(act).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Restricts this thread, and all that it starts, to reading these files and folders. Whether the kernel
/// does that.
fn is_guarded(readable: &[PathBuf]) -> bool {
    let restrict = || {
        Ruleset::default()
            .handle_access(AccessFs::from_all(LANDLOCK))?
            .create()?
            .add_rules(path_beneath_rules(readable, AccessFs::from_read(LANDLOCK)))?
            .add_rules(path_beneath_rules(["/dev/null"], AccessFs::from_file(LANDLOCK)))?
            .restrict_self()
    };
    restrict().is_ok_and(|status: landlock::RestrictionStatus| {
        status.ruleset != RulesetStatus::NotEnforced
    })
}
