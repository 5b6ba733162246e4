//! Asks this machine for the facts. The only part of the doctor that reads anything.

mod kernel;
mod programs;
mod vm;

use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access, statvfs};

use super::facts::{CourseFacts, Disk, Facts, Folder, PackageManager, Rights, System, Terminal};
use crate::cache;
use crate::course::Course;
use crate::error::Error;
use crate::programs::{Programs, target_folder};

/// The facts of this machine. `say` is told what takes more than a moment: KVM is tried if that was never done and
/// can be done now, which makes the first saved machine.
///
/// # Errors
/// There is no home folder, so that it cannot be known where kernels would be.
pub fn facts(course: Option<&Course>, say: &mut dyn FnMut(&str)) -> Result<Facts, Error> {
    let cache = cache::folder()?;
    let programs = programs::all();
    let built = course.and_then(|course| Programs::built(&course.root));
    let kernels = vm::kernels()?;
    let kvm = vm::kvm(&cache, &programs, &kernels, built.as_ref(), say);
    let mut disks = vec![disk(Folder::Cache, &cache)];
    if let Some(course) = course {
        disks.push(disk(Folder::Build, &target_folder(&course.root)));
    }
    Ok(Facts {
        system: system(),
        kernel: kernel::facts(),
        rights: rights(),
        programs,
        course: course.map(|course| CourseFacts {
            root: course.root.display().to_string(),
            built: built.is_some(),
        }),
        kernels,
        kvm,
        disks,
        terminal: terminal(),
    })
}

/// The text of a file, without the white space around; `None` if it cannot be read.
fn text(path: impl AsRef<Path>) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_string())
}

fn system() -> System {
    let release =
        text("/etc/os-release").or_else(|| text("/usr/lib/os-release")).unwrap_or_default();
    let value = |key: &str| {
        let line = release.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.unwrap_or_default().trim_matches(['"', '\'']).to_string()
    };
    let name = match value("PRETTY_NAME") {
        name if name.is_empty() => "Linux".to_string(),
        name => name,
    };
    let uname = rustix::system::uname();
    let has = |name: &str| microvm::find_program(name).is_some();
    let packages = [
        ("apt-get", PackageManager::Apt),
        ("dnf", PackageManager::Dnf),
        ("zypper", PackageManager::Zypper),
        ("pacman", PackageManager::Pacman),
    ];
    System {
        name,
        architecture: uname.machine().to_string_lossy().into_owned(),
        packages: packages.into_iter().find(|(name, _)| has(name)).map(|(_, manager)| manager),
        container: container(),
        wsl: uname.release().to_string_lossy().to_lowercase().contains("microsoft"),
        ubuntu: value("ID") == "ubuntu",
    }
}

/// The signs that container engines leave; systemd writes the third.
fn container() -> Option<String> {
    if Path::new("/run/.containerenv").exists() {
        return Some("podman".into());
    }
    if Path::new("/.dockerenv").exists() {
        return Some("docker".into());
    }
    text("/run/systemd/container").or_else(|| std::env::var("container").ok()).filter(|name| {
        // WSL calls itself one.
        !name.is_empty() && name != "wsl"
    })
}

/// The capabilities that loading and attaching are about, by their bits: see capabilities(7).
const CAPABILITIES: [(u32, &str); 5] = [
    (12, "CAP_NET_ADMIN"),
    (21, "CAP_SYS_ADMIN"),
    (24, "CAP_SYS_RESOURCE"),
    (38, "CAP_PERFMON"),
    (39, "CAP_BPF"),
];

fn rights() -> Rights {
    let status = text("/proc/self/status").unwrap_or_default();
    let bits = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let bits = bits.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).unwrap_or(0);
    let has = CAPABILITIES.into_iter().filter(|(bit, _)| bits & (1 << bit) != 0);
    Rights {
        root: rustix::process::geteuid().is_root(),
        capabilities: has.map(|(_, name)| name.to_string()).collect(),
    }
}

fn disk(of: Folder, folder: &Path) -> Disk {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let there = folder.ancestors().find(|path| path.is_dir()).map(PathBuf::from);
    let there = there.unwrap_or_else(|| PathBuf::from("/"));
    let free = statvfs(&there).map_or(0, |disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    Disk {
        of,
        path: folder.display().to_string(),
        free_mb: free / 1_000_000,
        writable: access(&there, Access::WRITE_OK | Access::EXEC_OK).is_ok(),
    }
}

fn terminal() -> Terminal {
    let stdout = std::io::stdout();
    let size = rustix::termios::tcgetwinsize(&stdout).ok();
    let size = size.map(|size| (size.ws_col, size.ws_row)).filter(|size| size.0 > 0);
    // The first of them that is set and not empty counts, see locale(7).
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
    Terminal {
        terminal: stdout.is_terminal(),
        colors: colored::control::SHOULD_COLORIZE.should_colorize(),
        locale: locale.into_iter().find(|value| !value.is_empty()).unwrap_or_default(),
        size,
    }
}
