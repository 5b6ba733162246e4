//! The cgroup in which this process is.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Opens its folder, which stands for it when programs are attached. A program that is attached there sees
/// this process, and whoever else is in the same cgroup or below it.
///
/// # Errors
/// There is no cgroup hierarchy of version 2, or it is not mounted.
pub fn open() -> Result<File> {
    let mounts = fs::read_to_string("/proc/self/mounts")?;
    let root = mounted(&mounts).context("no cgroup hierarchy (version 2) is mounted")?;
    let own = fs::read_to_string("/proc/self/cgroup")?;
    let own = path_of(&own).context("this kernel has no cgroups (version 2)")?;
    let folder = join(root, own);
    File::open(&folder).with_context(|| format!("cannot open the cgroup {}", folder.display()))
}

/// Where the hierarchy of version 2 is: lines are `what where type options 0 0`.
fn mounted(mounts: &str) -> Option<&str> {
    mounts.lines().find_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (folder, kind) = (words.next()?, words.next()?);
        (kind == "cgroup2").then_some(folder)
    })
}

/// The path of a process in it: the line with number 0 and no controllers.
fn path_of(cgroups: &str) -> Option<&str> {
    cgroups.lines().find_map(|line| line.strip_prefix("0::"))
}

fn join(root: &str, own: &str) -> PathBuf {
    Path::new(root).join(own.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_2_is_told_from_version_1() {
        let mounts = "tmpfs /sys/fs/cgroup tmpfs rw 0 0\n\
                      cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n\
                      cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n";
        assert_eq!(mounted(mounts), Some("/sys/fs/cgroup/unified"));
        assert_eq!(mounted("proc /proc proc rw 0 0\n"), None);
        assert_eq!(path_of("1:cpu:/\n0::/user.slice\n"), Some("/user.slice"));
        assert_eq!(join("/sys/fs/cgroup", "/user.slice"), Path::new("/sys/fs/cgroup/user.slice"));
    }
}
