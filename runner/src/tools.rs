//! Programs of this machine that are put into a micro-VM, with the libraries that they need.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use microvm::find_program;

use crate::error::Error;

/// The tools that a shell gets, and the packages that have them.
const TOOLS: [(&str, &str); 7] = [
    ("bash", "bash"),
    ("busybox", "busybox-static"),
    ("bpftool", "bpftool"),
    ("strace", "strace"),
    ("ip", "iproute2"),
    ("ping", "iputils-ping"),
    ("tcpdump", "tcpdump"),
];

/// Where programs are that are not on the `PATH` of an ordinary user.
const MORE_FOLDERS: [&str; 2] = ["/usr/sbin", "/sbin"];

/// What is copied into the machine.
#[derive(Debug, Default)]
pub struct Tools {
    /// Path in the machine, and the contents. All are executable.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Packages of tools that this machine does not have.
    pub missing: Vec<&'static str>,
}

impl Tools {
    /// Collects the tools that this machine has.
    ///
    /// # Errors
    /// There is no bash, which is the shell itself, or no static busybox, which has all else.
    pub fn collect() -> Result<Self, Error> {
        let mut tools = Self::default();
        for (name, package) in TOOLS {
            match find(name) {
                Some(path) => tools.add(name, &path)?,
                None => tools.missing.push(package),
            }
        }
        if !["bash", "busybox"].iter().all(|name| tools.has(name)) {
            return Err(Error::unable(
                "A shell in the micro-VM needs bash and a busybox, which this machine does not have.",
                format!("Install them: sudo apt-get install {}", tools.missing.join(" ")),
            ));
        }
        tools.add_terminfo();
        Ok(tools)
    }

    /// These tools, for a lab that starts them.
    ///
    /// # Errors
    /// This machine does not have one of them.
    pub fn named(names: &[String]) -> Result<Self, Error> {
        let mut tools = Self::default();
        for name in names {
            tools.add(name, &find_needed(name)?)?;
        }
        Ok(tools)
    }

    fn has(&self, name: &str) -> bool {
        self.files.contains_key(&format!("/bin/{name}"))
    }

    /// The description of the terminal that we are on, see terminfo(5).
    fn add_terminfo(&mut self) {
        let Ok(term) = std::env::var("TERM") else { return };
        let Some(first) = term.chars().next().filter(|_| !term.contains('/')) else { return };
        for folder in ["/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo"] {
            if let Ok(entry) = fs::read(format!("{folder}/{first}/{term}")) {
                self.files.insert(format!("/lib/terminfo/{first}/{term}"), entry);
                return;
            }
        }
    }

    fn add(&mut self, name: &str, path: &Path) -> Result<(), Error> {
        let read = |path: &Path| {
            fs::read(path).map_err(|e| {
                Error::unable(
                    format!("cannot read {}: {e}.", path.display()),
                    "It is a tool for the micro-VM; install its package again.",
                )
            })
        };
        self.files.insert(format!("/bin/{name}"), read(path)?);
        for library in libraries(path) {
            if let Entry::Vacant(place) = self.files.entry(library.to_string_lossy().into()) {
                place.insert(read(&library)?);
            }
        }
        Ok(())
    }
}

/// Where a tool is that a lab cannot do without.
///
/// # Errors
/// This machine does not have it.
pub fn find_needed(name: &str) -> Result<PathBuf, Error> {
    find(name).ok_or_else(|| {
        let package = TOOLS.iter().find(|(tool, _)| *tool == name).map_or(name, |(_, p)| p);
        Error::unable(
            format!("The lab starts {name}, which this machine does not have."),
            format!("Install it: sudo apt-get install {package}"),
        )
    })
}

pub(crate) fn find(name: &str) -> Option<PathBuf> {
    find_program(name).or_else(|| {
        MORE_FOLDERS.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.is_file())
    })
}

/// The shared libraries of a program, its loader among them, as ldd(1) finds them; none for a static
/// program.
fn libraries(program: &Path) -> Vec<PathBuf> {
    let Ok(output) = Command::new("ldd").arg(program).env("LC_ALL", "C").output() else {
        return Vec::new();
    };
    String::from_utf8_lossy(&output.stdout).lines().filter_map(library).collect()
}

/// The path in a line such as `libc.so.6 => /lib/…/libc.so.6 (0x00007f…)`.
fn library(line: &str) -> Option<PathBuf> {
    let path = line.split("=> ").last()?.trim().split(" (0x").next()?;
    path.starts_with('/').then(|| PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_read_from_what_ldd_prints() {
        for (line, expected) in [
            ("\tlinux-vdso.so.1 (0x00007f69512fc000)", None),
            ("\tlibc.so.6 => /lib/x/libc.so.6 (0x00007f695103c000)", Some("/lib/x/libc.so.6")),
            (
                "\t/lib64/ld-linux-x86-64.so.2 (0x00007f69512fe000)",
                Some("/lib64/ld-linux-x86-64.so.2"),
            ),
            ("\tnot a dynamic executable", None),
            ("\tlibx.so => not found", None),
        ] {
            assert_eq!(library(line), expected.map(PathBuf::from), "{line}");
        }
    }
}
