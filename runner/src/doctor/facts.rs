//! What a machine is like, as far as labs depend on it.
//!
//! `labrunner doctor --format json` prints them under `facts`; a file of them (`tests/hosts/`) describes another
//! machine.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The distribution, and what it runs in.
    pub system: System,
    /// The kernel that runs.
    pub kernel: Kernel,
    /// What this user may do.
    pub rights: Rights,
    /// The programs that were found, by name.
    pub programs: BTreeMap<String, Program>,
    /// The course that the current folder is in.
    pub course: Option<CourseFacts>,
    /// Kernels for micro-VMs.
    pub kernels: Kernels,
    /// Whether KVM works.
    pub kvm: Kvm,
    /// Folders that are written, and the room in them.
    pub disks: Vec<Disk>,
    /// Where the output goes.
    pub terminal: Terminal,
}

/// The distribution, and what it runs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// `PRETTY_NAME` of os-release(5).
    pub name: String,
    /// As `uname -m` prints it.
    pub architecture: String,
    /// What installs programs.
    pub packages: Option<PackageManager>,
    /// The kind of container that it is, such as `docker`.
    pub container: Option<String>,
    /// Whether it is the Windows Subsystem for Linux.
    pub wsl: bool,
    /// Whether it is Ubuntu, whose bpftool is in a package of the kernel's.
    pub ubuntu: bool,
}

/// What installs programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackageManager {
    /// Debian, Ubuntu.
    Apt,
    /// Fedora and those that come from it.
    Dnf,
    /// Arch.
    Pacman,
    /// openSUSE.
    Zypper,
}

/// The kernel that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kernel {
    /// As `uname -r` prints it.
    pub release: String,
    /// Whether `/sys/kernel/btf/vmlinux` is there.
    pub btf: bool,
    /// How it was built, if that can be read.
    pub config: Option<Config>,
    /// `net.core.bpf_jit_enable`; only root can read it.
    pub jit: Option<u32>,
    /// `kernel.unprivileged_bpf_disabled`.
    pub unprivileged_bpf_disabled: Option<u32>,
    /// The active security modules, in order; unknown where securityfs is not mounted.
    pub lsm: Option<Vec<String>>,
    /// `none`, `integrity` or `confidentiality`; unknown likewise, or not built.
    pub lockdown: Option<String>,
    /// Where tracefs is mounted.
    pub tracefs: Option<String>,
}

/// How a kernel was built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The file that tells.
    pub path: String,
    /// The options that are `y` or `m`, of those that labs depend on.
    pub set: Vec<String>,
}

/// What this user may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rights {
    /// Whether the effective user is root.
    pub root: bool,
    /// The effective capabilities of those that BPF is about: see capabilities(7).
    pub capabilities: Vec<String>,
}

/// A program of the machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Where it is.
    pub path: String,
    /// What it says of itself, if it starts.
    pub version: Option<String>,
    /// clang alone: whether it can make BPF objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bpf: Option<bool>,
}

/// The course that the current folder is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CourseFacts {
    /// Its folder.
    pub root: String,
    /// Whether the lab programs are there, and newer than their sources.
    pub built: bool,
}

/// Kernels for micro-VMs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kernels {
    /// The one that is used where nothing else is said.
    pub default: String,
    /// Those that are there.
    pub added: Vec<String>,
    /// The series that can be fetched.
    pub carried: Vec<String>,
    /// The image of the running kernel, and whether this user can read it.
    pub image: Option<Image>,
}

/// The image of the running kernel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// The file.
    pub path: String,
    /// Whether this user can read it.
    pub readable: bool,
}

/// Whether KVM works. The file alone tells little: it may be there and not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Kvm {
    /// There is no `/dev/kvm`.
    Absent,
    /// It is there and cannot be opened.
    Closed {
        /// The system's words.
        why: String,
    },
    /// It can be opened; whether it works is not known.
    Untried {
        /// Why it could not be tried now.
        why: String,
    },
    /// It was tried, and machines use it.
    Used {
        /// What the trial showed.
        because: String,
    },
    /// It was tried, and machines do not use it.
    Unused {
        /// What the trial showed.
        because: String,
    },
}

/// A folder that is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// What it is for.
    pub of: Folder,
    /// The folder, which need not be there yet.
    pub path: String,
    /// MB (10⁶ bytes) that this user can still fill.
    pub free_mb: u64,
    /// Whether this user can write there.
    pub writable: bool,
}

/// What a folder is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Folder {
    /// Kernels and saved machines.
    Cache,
    /// What cargo builds.
    Build,
}

/// Where the output goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terminal {
    /// Whether standard output is a terminal.
    pub terminal: bool,
    /// Whether colours are used.
    pub colors: bool,
    /// The locale that says how characters are written, such as `C.UTF-8`.
    pub locale: String,
    /// Its size in characters: columns and rows.
    pub size: Option<(u16, u16)>,
}

impl Terminal {
    /// Whether characters are written as UTF-8.
    pub fn utf8(&self) -> bool {
        let locale = self.locale.to_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    }
}

impl Facts {
    /// A program, if it is there.
    pub fn program(&self, name: &str) -> Option<&Program> {
        self.programs.get(name)
    }
}
