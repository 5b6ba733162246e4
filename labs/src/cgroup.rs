//! A cgroup of our own, and a process in it.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, mkdirat, openat, unlinkat};
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsmount, fsopen};

/// Tells a lab that it is to be the visitor: the number of the open folder of the cgroup's parent, a
/// slash, and the cgroup's name.
const VISIT: &str = "LAB_VISIT";

/// A cgroup. It is removed when the last process has left it.
#[derive(Debug)]
pub struct Cgroup {
    parent: OwnedFd,
    name: String,
    folder: OwnedFd,
    path: Option<PathBuf>,
}

impl Cgroup {
    /// Makes one, below the root of the cgroup hierarchy (version 2).
    ///
    /// # Errors
    /// The kernel has no such hierarchy, or we are not root.
    pub fn create() -> Result<Self> {
        let (parent, mounted) = hierarchy()?;
        let name = format!("labrunner-{}", std::process::id());
        mkdirat(&parent, &name, Mode::from_raw_mode(0o755)).context("cannot make a cgroup")?;
        let path = mounted.map(|root| root.join(&name));
        let folder = open_folder(&parent, &name).context("cannot open the cgroup")?;
        Ok(Self { parent, name, folder, path })
    }

    /// The open folder, which stands for the cgroup when programs are attached.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }

    /// Where the cgroup can be seen; none when the hierarchy is mounted nowhere.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Removes it.
    ///
    /// # Errors
    /// A process is in it.
    pub fn remove(&self) -> Result<()> {
        unlinkat(&self.parent, &self.name, AtFlags::REMOVEDIR).context("cannot remove the cgroup")
    }

    /// Starts this program once more as a process in the cgroup: there, [`visitor`] has the commands.
    /// From now on the visitor removes the cgroup, as soon as we drop our end or die.
    ///
    /// # Errors
    /// It does not start, or cannot enter.
    pub fn visit(self) -> Result<Visitor> {
        // The one file that it inherits: the folder of the parent.
        let parent = rustix::io::dup(&self.parent)?;
        let started = Command::new("/proc/self/exe")
            .env(VISIT, format!("{}/{}", parent.as_raw_fd(), self.name))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut process = match started {
            Ok(process) => process,
            Err(error) => {
                self.remove()?;
                return Err(error).context("cannot start a process for the cgroup");
            }
        };
        let answers = BufReader::new(process.stdout.take().context("no output")?);
        let mut visitor = Visitor { process, answers, cgroup: self };
        match visitor.answer()?.as_str() {
            "inside" => Ok(visitor),
            other => bail!("no process can enter the cgroup: {other}"),
        }
    }
}

/// A process in the cgroup.
#[derive(Debug)]
pub struct Visitor {
    process: Child,
    answers: BufReader<ChildStdout>,
    /// The cgroup that it is in.
    pub cgroup: Cgroup,
}

impl Visitor {
    /// Has it obey a command, a line; returns the line that it answers.
    ///
    /// # Errors
    /// It is gone.
    pub fn told(&mut self, command: &str) -> Result<String> {
        let input = self.process.stdin.as_mut().context("the visitor has no input")?;
        writeln!(input, "{command}").context("the process in the cgroup does not listen")?;
        self.answer()
    }

    fn answer(&mut self) -> Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line).context("the process in the cgroup says nothing")?;
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        drop(self.process.stdin.take()); // the sign to leave
        let _ = self.process.wait();
    }
}

/// When this process was started to be the visitor: enters the cgroup and obeys commands until the end
/// of its input; leaves, and removes the cgroup. Returns whether it was.
///
/// # Errors
/// It cannot enter or leave.
pub fn visitor(mut obey: impl FnMut(&str) -> String) -> Result<bool> {
    let Ok(place) = std::env::var(VISIT) else { return Ok(false) };
    let (parent, name) = place.split_once('/').context("LAB_VISIT makes no sense")?;
    let parent = File::open(format!("/proc/self/fd/{parent}")).context("the cgroup is gone")?;
    let parent = OwnedFd::from(parent);

    let mut out = io::stdout().lock();
    if let Err(error) = move_to(&parent, name) {
        writeln!(out, "{error}")?;
        unlinkat(&parent, name, AtFlags::REMOVEDIR)?;
        return Ok(true);
    }
    let mut told = || -> io::Result<()> {
        writeln!(out, "inside")?;
        for line in io::stdin().lock().lines() {
            writeln!(out, "{}", obey(&line?))?;
        }
        Ok(())
    };
    let done = told(); // that nobody listens any more is one of the ends
    move_to(&parent, ".").context("cannot leave the cgroup")?;
    unlinkat(&parent, name, AtFlags::REMOVEDIR).context("cannot remove the cgroup")?;
    Ok(done.map(|()| true).unwrap_or(true))
}

/// Moves this process into a cgroup.
fn move_to(parent: &OwnedFd, name: &str) -> io::Result<()> {
    let path = format!("{name}/cgroup.procs");
    let procs = openat(parent, path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
    File::from(procs).write_all(b"0")
}

/// The root of the hierarchy, and where it is mounted. Where nobody has mounted it, it is a mount that no
/// folder shows and that goes with us.
fn hierarchy() -> Result<(OwnedFd, Option<PathBuf>)> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").context("cannot list the mounts")?;
    if let Some(place) = mounted(&mounts) {
        let root = open_folder(CWD, place).with_context(|| format!("cannot open {place}"))?;
        return Ok((root, Some(place.into())));
    }
    let own = fsopen("cgroup2", FsOpenFlags::FSOPEN_CLOEXEC).and_then(|file_system| {
        fsconfig_create(&file_system)?;
        fsmount(&file_system, FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty())
    });
    Ok((own.context("cgroups (version 2) are not mounted, and cannot be")?, None))
}

fn open_folder(parent: impl AsFd, name: &str) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat(parent, name, flags, Mode::empty())
}

/// The mount point of the cgroup2 file system: see proc_pid_mountinfo(5).
fn mounted(mountinfo: &str) -> Option<&str> {
    mountinfo.lines().find_map(|line| {
        let (mount, file_system) = line.split_once(" - ")?;
        let place = mount.split(' ').nth(4)?;
        file_system.starts_with("cgroup2 ").then_some(place)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mount_point_is_the_fifth_word() {
        let mountinfo = "30 1 0:26 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
                         31 1 0:27 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n";
        assert_eq!(mounted(mountinfo), Some("/sys/fs/cgroup"));
        assert_eq!(mounted("30 1 0:26 / / rw - ext4 /dev/vda rw\n"), None);
    }
}
