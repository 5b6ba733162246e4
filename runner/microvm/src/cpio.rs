//! Writes archives in the "newc" cpio format, the one the kernel unpacks as its initramfs.
//!
//! Source of the format: the kernel's `Documentation/driver-api/early-userspace/buffer-format.rst`.
//! Each member is a header of 110 ASCII bytes (a magic and 13 numbers of 8 hexadecimal digits), the
//! name with its final NUL, padding to 4 bytes, the data, padding to 4 bytes. A member named
//! `TRAILER!!!` ends the archive.
//!
//! The same calls give the same bytes: times are 0, owners are root unless told, inode numbers count up
//! from 1. What the kernel would drop without a word (a member whose folder is not there yet, a second
//! member of the same name) is an error here.

use std::collections::BTreeMap;
use std::io::{self, Write};

/// Length of a member's header in bytes.
const HEADER: usize = 110;
/// Longest name the kernel takes, its final NUL included (`PATH_MAX`).
const NAME_MAX: usize = 4096;
/// Archives end on a whole block of this many bytes, as other cpio writers do.
const BLOCK: u64 = 512;

const S_IFDIR: u32 = 0o040_000;
const S_IFREG: u32 = 0o100_000;
const S_IFLNK: u32 = 0o120_000;
const S_IFCHR: u32 = 0o020_000;

/// Why a member cannot be put into the archive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CpioError {
    /// Empty, absolute, too long, or with a NUL, an empty part, `.` or `..` in it.
    #[error(
        "\"{0}\" cannot be a name in an archive: give a path such as usr/bin/tool, \
         without a leading slash, empty parts, \".\" or \"..\", shorter than 4096 bytes"
    )]
    Name(String),
    /// The folder of the member was not added before it: the kernel would drop the member.
    #[error(
        "\"{name}\" lies in \"{parent}\", which is not a folder of the archive: add that first"
    )]
    NoParent {
        /// The member.
        name: String,
        /// Its folder.
        parent: String,
    },
    /// A member of this name is there already.
    #[error("\"{0}\" is in the archive already")]
    Duplicate(String),
    /// Sizes are 32 bits in this format.
    #[error("\"{name}\" has {size} bytes; a file in a cpio archive has at most 4294967295")]
    TooLarge {
        /// The member.
        name: String,
        /// Its size in bytes.
        size: u64,
    },
    /// The output could not be written.
    #[error("cannot write the archive: {0}")]
    Io(#[from] io::Error),
}

/// Writes one archive to `W`. Call [`Writer::finish`] at the end, or the archive has no trailer.
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: W,
    written: u64,
    /// Every member so far; true if it is a folder.
    members: BTreeMap<String, bool>,
}

/// What a member's header says besides its name.
#[derive(Clone, Copy)]
struct Inode {
    number: u32,
    mode: u32,
    links: u32,
    owner: (u32, u32),
    device: (u32, u32),
}

impl<W: Write> Writer<W> {
    /// Begins an archive.
    pub fn new(out: W) -> Self {
        Self { out, written: 0, members: BTreeMap::new() }
    }

    /// True if `name` was added as a folder.
    pub fn has_directory(&self, name: &str) -> bool {
        self.members.get(name) == Some(&true)
    }

    /// Adds a folder with these permission bits (such as `0o755`), owned by root.
    pub fn directory(&mut self, name: &str, permissions: u32) -> Result<(), CpioError> {
        self.directory_of(name, permissions, (0, 0))
    }

    /// Adds a folder owned by the given uid and gid.
    pub fn directory_of(
        &mut self,
        name: &str,
        permissions: u32,
        owner: (u32, u32),
    ) -> Result<(), CpioError> {
        let mode = S_IFDIR | (permissions & 0o7777);
        self.member(name, mode, owner, (0, 0), &[])
    }

    /// Adds every folder on the way to `name` that is not there yet (0755, root), not `name` itself.
    pub fn parents_of(&mut self, name: &str) -> Result<(), CpioError> {
        for (end, _) in name.match_indices('/') {
            let parent = &name[..end];
            if !self.has_directory(parent) {
                self.directory(parent, 0o755)?;
            }
        }
        Ok(())
    }

    /// Adds a file with these permission bits, owned by root.
    pub fn file(&mut self, name: &str, permissions: u32, data: &[u8]) -> Result<(), CpioError> {
        self.member(name, S_IFREG | (permissions & 0o7777), (0, 0), (0, 0), data)
    }

    /// Adds a symbolic link at `name` that points to `target`.
    pub fn symlink(&mut self, name: &str, target: &str) -> Result<(), CpioError> {
        if target.is_empty() || target.len() >= NAME_MAX || target.contains('\0') {
            return Err(CpioError::Name(target.to_owned()));
        }
        self.member(name, S_IFLNK | 0o777, (0, 0), (0, 0), target.as_bytes())
    }

    /// Adds a character device such as `dev/console` (major 5, minor 1).
    pub fn char_device(
        &mut self,
        name: &str,
        permissions: u32,
        major: u32,
        minor: u32,
    ) -> Result<(), CpioError> {
        self.member(name, S_IFCHR | (permissions & 0o7777), (0, 0), (major, minor), &[])
    }

    /// Writes the trailer and gives the output back.
    pub fn finish(mut self) -> Result<W, CpioError> {
        let trailer = Inode { number: 0, mode: 0, links: 1, owner: (0, 0), device: (0, 0) };
        self.record("TRAILER!!!", trailer, &[])?;
        self.pad_to(BLOCK)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn member(
        &mut self,
        name: &str,
        mode: u32,
        owner: (u32, u32),
        device: (u32, u32),
        data: &[u8],
    ) -> Result<(), CpioError> {
        check_name(name)?;
        if let Some((parent, _)) = name.rsplit_once('/')
            && !self.has_directory(parent)
        {
            return Err(CpioError::NoParent { name: name.to_owned(), parent: parent.to_owned() });
        }
        if self.members.contains_key(name) {
            return Err(CpioError::Duplicate(name.to_owned()));
        }
        let is_directory = mode & 0o170_000 == S_IFDIR;
        self.members.insert(name.to_owned(), is_directory);
        let number = u32::try_from(self.members.len()).unwrap_or(u32::MAX);
        let links = if is_directory { 2 } else { 1 };
        self.record(name, Inode { number, mode, links, owner, device }, data)
    }

    fn record(&mut self, name: &str, inode: Inode, data: &[u8]) -> Result<(), CpioError> {
        let size = u32::try_from(data.len())
            .map_err(|_| CpioError::TooLarge { name: name.to_owned(), size: data.len() as u64 })?;
        let name_size = u32::try_from(name.len() + 1).unwrap_or(u32::MAX);
        let time = 0;
        let holder = (0, 0); // device the file was read from: none
        let checksum = 0; // used by another variant of the format only
        let numbers = [
            inode.number,
            inode.mode,
            inode.owner.0,
            inode.owner.1,
            inode.links,
            time,
            size,
            holder.0,
            holder.1,
            inode.device.0,
            inode.device.1,
            name_size,
            checksum,
        ];
        let mut header = String::with_capacity(HEADER + name.len() + 1);
        header.push_str("070701");
        for number in numbers {
            header.push_str(&format!("{number:08x}"));
        }
        header.push_str(name);
        header.push('\0');
        self.put(header.as_bytes())?;
        self.pad_to(4)?;
        self.put(data)?;
        self.pad_to(4)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), CpioError> {
        self.out.write_all(bytes)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    fn pad_to(&mut self, boundary: u64) -> Result<(), CpioError> {
        let missing = self.written.next_multiple_of(boundary) - self.written;
        self.put(&vec![0; missing as usize])
    }
}

fn check_name(name: &str) -> Result<(), CpioError> {
    let bad_part = |part: &str| part.is_empty() || part == "." || part == "..";
    if name.len() >= NAME_MAX || name.contains('\0') || name.split('/').any(bad_part) {
        return Err(CpioError::Name(name.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
