//! Builds the file system that the kernel starts with: the agent, modules and a few files.
//!
//! The archive is not compressed, on purpose: without KVM the guest's processor is emulated, and
//! unpacking costs more time there than the host takes to hand over a few more megabytes.

use crate::cpio::{CpioError, Writer};
use crate::modules::Module;

/// Folders of the machine besides those of the files: permission bits and name.
const FOLDERS: [(&str, u32); 9] = [
    ("dev", 0o755),
    ("etc", 0o755),
    ("modules", 0o755),
    ("proc", 0o555),
    ("root", 0o700),
    ("run", 0o755),
    ("sys", 0o555),
    ("tmp", 0o1777),
    ("var", 0o755),
];

/// A user of the machine, with a group of the same name and number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User {
    /// Login name.
    pub name: &'static str,
    /// Number of the user and of its group.
    pub id: u32,
    /// Home folder; made if it is below `/home`.
    pub home: &'static str,
}

/// The users that every machine has.
pub const USERS: [User; 5] = [
    User { name: "root", id: 0, home: "/root" },
    User { name: "service", id: 105, home: "/" },
    User { name: "guest", id: 501, home: "/home/guest" },
    User { name: "student", id: 1000, home: "/home/student" },
    User { name: "nobody", id: 65534, home: "/" },
];

/// A file that the caller wants in the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExtraFile<'a> {
    /// Path without a leading slash, such as `usr/bin/tool`. Its folders are made.
    pub path: &'a str,
    /// Permission bits, such as `0o755`.
    pub permissions: u32,
    /// Contents.
    pub data: &'a [u8],
}

/// What goes into an initramfs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spec<'a> {
    /// The static program that becomes `/init`, the machine's first process.
    pub init: &'a [u8],
    /// Kernel modules in load order; they become `/modules/NN-NAME.ko`, NN counting up from 00.
    pub modules: &'a [Module],
    /// More files.
    pub files: &'a [ExtraFile<'a>],
}

/// An initramfs of the agent and modules alone; see [`Spec::build`].
pub fn build(init: &[u8], modules: &[Module]) -> Result<Vec<u8>, CpioError> {
    Spec { init, modules, files: &[] }.build()
}

impl Spec<'_> {
    /// The archive, the same bytes for the same input. An error means that a name is not usable, or
    /// that an extra file has the place of another one.
    pub fn build(&self) -> Result<Vec<u8>, CpioError> {
        let data = self.modules.iter().map(|module| module.data.len()).sum::<usize>()
            + self.files.iter().map(|file| file.data.len()).sum::<usize>();
        let mut archive = Writer::new(Vec::with_capacity(self.init.len() + data + (64 << 10)));
        for (name, permissions) in FOLDERS {
            archive.directory(name, permissions)?;
        }
        // The kernel opens it for the first process before any file system is mounted.
        archive.char_device("dev/console", 0o600, 5, 1)?;
        archive.file("init", 0o755, self.init)?;
        add_users(&mut archive)?;
        let digits = self.modules.len().saturating_sub(1).to_string().len().max(2);
        for (place, module) in self.modules.iter().enumerate() {
            let name = format!("modules/{place:0digits$}-{}.ko", module.name);
            archive.file(&name, 0o644, &module.data)?;
        }
        for file in self.files {
            archive.parents_of(file.path)?;
            archive.file(file.path, file.permissions, file.data)?;
        }
        archive.finish()
    }
}

fn add_users(archive: &mut Writer<Vec<u8>>) -> Result<(), CpioError> {
    let mut passwd = String::new();
    let mut group = String::new();
    for User { name, id, home } in USERS {
        passwd.push_str(&format!("{name}:x:{id}:{id}:{name}:{home}:/bin/sh\n"));
        group.push_str(&format!("{name}:x:{id}:\n"));
    }
    archive.file("etc/passwd", 0o644, passwd.as_bytes())?;
    archive.file("etc/group", 0o644, group.as_bytes())?;
    archive.directory("home", 0o755)?;
    for user in USERS {
        if user.home.starts_with("/home/") {
            archive.directory_of(user.home.trim_start_matches('/'), 0o755, (user.id, user.id))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn module(name: &str) -> Module {
        Module { name: name.into(), path: PathBuf::new(), data: name.into() }
    }

    /// The names in an archive, in order.
    fn names(archive: &[u8]) -> Vec<String> {
        let number = |at: usize| {
            usize::from_str_radix(str::from_utf8(&archive[at..at + 8]).unwrap(), 16).unwrap()
        };
        let (mut at, mut names) = (0, vec![]);
        loop {
            let (size, name_size) = (number(at + 54), number(at + 94));
            let name = str::from_utf8(&archive[at + 110..at + 109 + name_size]).unwrap();
            if name == "TRAILER!!!" {
                return names;
            }
            names.push(name.to_owned());
            at = (at + 110 + name_size).next_multiple_of(4) + size.next_multiple_of(4);
        }
    }

    #[test]
    fn modules_are_named_in_load_order() {
        let archive = build(b"agent", &[module("virtio_ring"), module("virtio")]).unwrap();
        let names = names(&archive);
        let modules: Vec<_> = names.iter().filter(|name| name.starts_with("modules/")).collect();
        assert_eq!(modules, ["modules/00-virtio_ring.ko", "modules/01-virtio.ko"]);
    }

    #[test]
    fn more_than_a_hundred_modules_still_sort_in_load_order() {
        let many: Vec<_> = (0..101).map(|number| module(&format!("m{number}"))).collect();
        let archive = build(b"agent", &many).unwrap();
        let names = names(&archive);
        let modules: Vec<_> = names.iter().filter(|name| name.starts_with("modules/")).collect();
        assert!(modules.is_sorted());
        assert_eq!(modules[100], "modules/100-m100.ko");
    }

    #[test]
    fn a_machine_has_what_it_starts_with() {
        let names = names(&build(b"agent", &[]).unwrap());
        for name in ["init", "dev/console", "etc/passwd", "etc/group", "proc", "sys", "tmp", "run"]
        {
            assert!(names.iter().any(|there| there == name), "{name}");
        }
    }

    #[test]
    fn the_users_are_in_passwd() {
        let archive = build(b"", &[]).unwrap();
        let text = String::from_utf8_lossy(&archive);
        assert!(text.contains("student:x:1000:1000:student:/home/student:/bin/sh\n"));
        assert!(text.contains("service:x:105:\n"));
    }

    #[test]
    fn extra_files_get_their_folders_and_no_others_place() {
        let tool = ExtraFile { path: "usr/bin/tool", permissions: 0o755, data: b"x" };
        let spec = Spec { init: b"agent", files: &[tool], ..Spec::default() };
        let names = names(&spec.build().unwrap());
        assert_eq!(names[names.len() - 3..], ["usr", "usr/bin", "usr/bin/tool"]);
        let second_init = ExtraFile { path: "init", ..tool };
        let spec = Spec { files: &[second_init], ..spec };
        assert!(matches!(spec.build(), Err(CpioError::Duplicate(_))));
    }

    #[test]
    fn the_same_input_gives_the_same_bytes() {
        let modules = [module("a"), module("b")];
        assert_eq!(build(b"agent", &modules).unwrap(), build(b"agent", &modules).unwrap());
    }
}
