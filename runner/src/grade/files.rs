//! Files of a submission, opened without following where they lead.
//!
//! A submission may hold anything: links to other files of this machine, pipes that nobody writes to,
//! devices. A file counts only if it is a plain file in plain folders, and not too large.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, fstat, openat, statat};
use rustix::io::Errno;

/// Why a file is not taken, to be read after its path: `is a symbolic link, …`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It, or a folder on the way, is a symbolic link.
    #[error("is a symbolic link, or in one, which may lead anywhere")]
    Link,
    /// It is no file.
    #[error("is {0} and no file")]
    NoFile(&'static str),
    /// It has more than this number of bytes.
    #[error("has more than {0} bytes, the most that is taken")]
    TooLarge(u64),
    /// It is no UTF-8.
    #[error("is not UTF-8 text")]
    NotText,
    /// The system does not let us.
    #[error("cannot be read: {0}")]
    Unreadable(String),
}

/// A submission's folder, open.
pub struct Folder(OwnedFd);

const FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

impl Folder {
    /// Opens it.
    ///
    /// # Errors
    /// It is none, or cannot be read.
    pub fn open(path: &Path) -> Result<Self, Unfit> {
        openat(CWD, path, FOLDER, Mode::empty()).map(Self).map_err(unreadable)
    }

    /// Reads a file that has at most so many bytes; `None` if it is not there.
    ///
    /// # Errors
    /// It is there and not taken.
    pub fn read(&self, path: &Path, most: u64) -> Result<Option<Vec<u8>>, Unfit> {
        let mut folder = self.0.try_clone().map_err(|e| Unfit::Unreadable(e.to_string()))?;
        let mut parts = path.components().peekable();
        while let Some(part) = parts.next() {
            let Component::Normal(name) = part else {
                return Err(Unfit::Unreadable("its path leads elsewhere".into()));
            };
            // Looked at before it is opened: to open a device may do something.
            let about = match statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW) {
                Err(Errno::NOENT) => return Ok(None),
                about => FileType::from_raw_mode(about.map_err(unreadable)?.st_mode),
            };
            let last = parts.peek().is_none();
            match about {
                FileType::Directory if !last => {
                    folder = openat(&folder, name, FOLDER, Mode::empty()).map_err(unreadable)?;
                }
                FileType::RegularFile if last => {
                    return contents(folder.as_fd(), name, most).map(Some);
                }
                FileType::RegularFile => return Ok(None), // where a folder would have to be
                other => return Err(no_file(other)),
            }
        }
        Ok(None)
    }

    /// The same for text.
    ///
    /// # Errors
    /// As [`Folder::read`], and what is no text.
    pub fn read_text(&self, path: &Path, most: u64) -> Result<Option<String>, Unfit> {
        let bytes = self.read(path, most)?;
        let text = |bytes| String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
        bytes.map(|bytes| text(bytes).ok_or(Unfit::NotText)).transpose()
    }
}

fn contents(folder: impl AsFd, name: &std::ffi::OsStr, most: u64) -> Result<Vec<u8>, Unfit> {
    let flags =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = openat(folder, name, flags, Mode::empty()).map_err(unreadable)?;
    // It may have become another one since it was looked at.
    let about = fstat(&file).map_err(unreadable)?;
    match FileType::from_raw_mode(about.st_mode) {
        FileType::RegularFile => {}
        other => return Err(no_file(other)),
    }
    let mut bytes = Vec::new();
    let read = File::from(file).take(most + 1).read_to_end(&mut bytes);
    read.map_err(|e| Unfit::Unreadable(e.to_string()))?;
    if bytes.len() as u64 > most { Err(Unfit::TooLarge(most)) } else { Ok(bytes) }
}

fn no_file(kind: FileType) -> Unfit {
    Unfit::NoFile(match kind {
        FileType::Symlink => return Unfit::Link,
        FileType::Directory => "a folder",
        FileType::Fifo => "a named pipe",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        _ => "something unknown",
    })
}

fn unreadable(error: Errno) -> Unfit {
    match error {
        Errno::LOOP => Unfit::Link,
        other => Unfit::Unreadable(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    use super::*;

    #[test]
    fn only_plain_files_in_plain_folders_are_read() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        fs::create_dir_all(at("labs/inner")).unwrap();
        fs::write(at("labs/good"), "text").unwrap();
        fs::write(at("labs/binary"), b"caf\xe9").unwrap();
        fs::write(at("labs/nul"), b"a\0b").unwrap();
        fs::write(at("labs/large"), "12345").unwrap();
        fs::File::create(at("labs/huge")).unwrap().set_len(1 << 40).unwrap();
        symlink("/etc/passwd", at("labs/link")).unwrap();
        symlink("good", at("labs/harmless-link")).unwrap();
        symlink("/dev/zero", at("labs/endless")).unwrap();
        symlink("labs", at("folder-link")).unwrap();
        let made = Command::new("mkfifo").arg(at("labs/pipe")).status().unwrap();
        assert!(made.success());
        let _socket = UnixListener::bind(at("labs/socket")).unwrap();
        let folder = Folder::open(root.path()).unwrap();
        for (path, expected) in [
            ("labs/good", "text"),
            ("labs/none", "not there"),
            ("none/good", "not there"),
            ("labs/good/more", "not there"),
            ("labs/binary", "is not UTF-8 text"),
            ("labs/nul", "is not UTF-8 text"),
            ("labs/large", "has more than 4 bytes"),
            ("labs/huge", "has more than 4 bytes"),
            ("labs/link", "is a symbolic link"),
            ("labs/harmless-link", "is a symbolic link"),
            ("labs/endless", "is a symbolic link"),
            ("folder-link/good", "is a symbolic link"),
            ("labs/pipe", "is a named pipe and no file"),
            ("labs/socket", "is a socket and no file"),
            ("labs/inner", "is a folder and no file"),
            ("../etc/passwd", "its path leads elsewhere"),
            ("/etc/passwd", "its path leads elsewhere"),
        ] {
            let read = folder.read_text(Path::new(path), 4);
            let said = match read {
                Ok(text) => text.unwrap_or("not there".into()),
                Err(unfit) => unfit.to_string(),
            };
            assert!(said.contains(expected), "{path}: {said}");
        }
    }
}
