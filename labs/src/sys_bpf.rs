//! The `bpf()` system call itself, without a library.
//!
//! Its arguments are a command, a structure and the size of the structure; the structure is another
//! one for each command (`union bpf_attr` of include/uapi/linux/bpf.h). Numbers and offsets here are
//! part of the kernel's promise to user space and never change.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// The commands that are used here.
mod command {
    pub(super) const MAP_CREATE: u32 = 0;
    pub(super) const MAP_LOOKUP_ELEM: u32 = 1;
    pub(super) const MAP_UPDATE_ELEM: u32 = 2;
    pub(super) const MAP_DELETE_ELEM: u32 = 3;
    pub(super) const MAP_GET_NEXT_KEY: u32 = 4;
    pub(super) const PROG_LOAD: u32 = 5;
    pub(super) const PROG_TEST_RUN: u32 = 10;
    pub(super) const MAP_GET_NEXT_ID: u32 = 12;
    pub(super) const MAP_FREEZE: u32 = 22;
    pub(super) const MAP_LOOKUP_BATCH: u32 = 24;
}

/// The structure: bytes at offsets, and zero wherever nothing is said. The kernel takes bytes that it
/// does not know for an error unless they are zero.
#[derive(Clone, Debug)]
#[repr(C, align(8))]
struct Attr {
    bytes: [u8; LARGEST],
    length: usize,
}

/// No kernel takes a larger structure: a page.
const LARGEST: usize = 4096;

impl Attr {
    fn new(length: usize) -> Self {
        Self { bytes: [0; LARGEST], length }
    }

    fn u32(mut self, offset: usize, value: u32) -> Self {
        self.bytes[offset..offset + 4].copy_from_slice(&value.to_ne_bytes());
        self
    }

    fn u64(mut self, offset: usize, value: u64) -> Self {
        self.bytes[offset..offset + 8].copy_from_slice(&value.to_ne_bytes());
        self
    }

    fn input(self, offset: usize, bytes: &[u8]) -> Self {
        self.u64(offset, bytes.as_ptr() as u64)
    }

    fn output(self, offset: usize, bytes: &mut [u8]) -> Self {
        self.u64(offset, bytes.as_mut_ptr() as u64)
    }

    fn u32_at(&self, offset: usize) -> u32 {
        let bytes = self.bytes[offset..offset + 4].try_into();
        u32::from_ne_bytes(bytes.expect("four bytes"))
    }
}

// ANCHOR: call
/// Makes the system call.
///
/// # Safety
/// Each pointer in the structure must lead to as many bytes as the command reads or writes there.
#[allow(unsafe_code, reason = "the system call has no safe wrapper: that is what this module is")]
unsafe fn bpf(command: u32, attr: &mut Attr) -> io::Result<i32> {
    let (pointer, length) = (attr.bytes.as_mut_ptr(), attr.length.min(LARGEST));
    // SAFETY: `pointer` leads to `LARGEST` bytes that are ours alone, and `length` is no more. What
    // the structure itself points to is the caller's promise.
    let result = unsafe { libc::syscall(libc::SYS_bpf, command, pointer, length) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result as i32) }
}
// ANCHOR_END: call

/// A file descriptor that a command has made.
fn owned(fd: i32) -> OwnedFd {
    #[allow(unsafe_code, reason = "the kernel gives a number, not an owner")]
    // SAFETY: the kernel has just made this descriptor for us, and nobody else knows of it.
    unsafe {
        OwnedFd::from_raw_fd(fd)
    }
}

/// What a map is to be.
#[derive(Clone, Copy, Debug)]
pub struct MapKind {
    /// 1 is a hash table, 2 an array.
    pub kind: u32,
    /// Bytes of a key.
    pub key: u32,
    /// Bytes of a value.
    pub value: u32,
    /// Most entries.
    pub entries: u32,
    /// BPF_F_….
    pub flags: u32,
}

/// A hash table.
pub const HASH: u32 = 1;
/// An array.
pub const ARRAY: u32 = 2;
/// Flag of a map: user space may not write by this descriptor.
pub const RDONLY: u32 = 1 << 3;
/// Flags of an update.
pub const ANY: u64 = 0;
/// See [`ANY`]: fail when the key is there.
pub const NOEXIST: u64 = 1;
/// See [`ANY`]: fail when it is not.
pub const EXIST: u64 = 2;

/// A map, by its file descriptor.
#[derive(Debug)]
pub struct Map {
    fd: OwnedFd,
    kind: MapKind,
}

/// `BPF_MAP_CREATE` with a structure of this many bytes, of which the last is 1 if it is one that the
/// command has no use for.
///
/// # Errors
/// The kernel's.
pub fn map_create(kind: MapKind, length: usize) -> io::Result<Map> {
    let mut attr = Attr::new(length)
        .u32(0, kind.kind)
        .u32(4, kind.key)
        .u32(8, kind.value)
        .u32(12, kind.entries)
        .u32(16, kind.flags);
    if length > MAP_CREATE {
        attr.bytes[length.min(LARGEST) - 1] = 1;
    }
    #[allow(unsafe_code, reason = "see `bpf`")]
    // SAFETY: no pointers are filled in. The last byte belongs to none: the one pointer that newer
    // kernels have in this structure lies below byte 200, and labs give 4096 or `MAP_CREATE`.
    let fd = unsafe { bpf(command::MAP_CREATE, &mut attr) }?;
    Ok(Map { fd: owned(fd), kind })
}

/// Bytes of the structure for [`map_create`], up to the flags.
pub const MAP_CREATE: usize = 20;

impl Map {
    fn attr(&self) -> Attr {
        Attr::new(32).u32(0, self.fd.as_raw_fd() as u32)
    }

    /// The kernel reads as many bytes as the map's key or value has, wherever the pointer leads.
    fn check(given: &[u8], wanted: u32) -> io::Result<()> {
        if given.len() == wanted as usize {
            Ok(())
        } else {
            Err(io::ErrorKind::InvalidInput.into())
        }
    }

    /// `BPF_MAP_UPDATE_ELEM`.
    ///
    /// # Errors
    /// The kernel's; and key or value have another size than the map's.
    pub fn update(&self, key: &[u8], value: &[u8], flags: u64) -> io::Result<()> {
        Self::check(key, self.kind.key)?;
        Self::check(value, self.kind.value)?;
        let mut attr = self.attr().input(8, key).input(16, value).u64(24, flags);
        #[allow(unsafe_code, reason = "see `bpf`")]
        // SAFETY: the command reads a key and a value, and both have the map's sizes.
        unsafe { bpf(command::MAP_UPDATE_ELEM, &mut attr) }.map(drop)
    }

    // ANCHOR: lookup
    /// `BPF_MAP_LOOKUP_ELEM`: a copy of the value.
    ///
    /// # Errors
    /// The kernel's; and the key has another size than the map's.
    pub fn lookup(&self, key: &[u8]) -> io::Result<Vec<u8>> {
        Self::check(key, self.kind.key)?;
        let mut value = vec![0; self.kind.value as usize];
        let mut attr = self.attr().input(8, key).output(16, &mut value);
        #[allow(unsafe_code, reason = "see `bpf`")]
        // SAFETY: the command reads a key and writes a value, and both have the map's sizes.
        unsafe { bpf(command::MAP_LOOKUP_ELEM, &mut attr) }?;
        Ok(value)
    }
    // ANCHOR_END: lookup

    /// `BPF_MAP_LOOKUP_ELEM` with a key at an address where nothing is.
    ///
    /// # Errors
    /// The kernel's.
    pub fn lookup_at_nothing(&self) -> io::Result<()> {
        let mut value = vec![0; self.kind.value as usize];
        let mut attr = self.attr().u64(8, 8).output(16, &mut value);
        #[allow(unsafe_code, reason = "see `bpf`")]
        // SAFETY: the kernel only reads the key, and refuses when it cannot.
        unsafe { bpf(command::MAP_LOOKUP_ELEM, &mut attr) }.map(drop)
    }

    /// `BPF_MAP_DELETE_ELEM`.
    ///
    /// # Errors
    /// The kernel's; and the key has another size than the map's.
    pub fn delete(&self, key: &[u8]) -> io::Result<()> {
        Self::check(key, self.kind.key)?;
        let mut attr = self.attr().input(8, key);
        #[allow(unsafe_code, reason = "see `bpf`")]
        // SAFETY: the command reads a key, which has the map's size.
        unsafe { bpf(command::MAP_DELETE_ELEM, &mut attr) }.map(drop)
    }

    /// `BPF_MAP_GET_NEXT_KEY`: the key that follows this one, in the map's own order; without one,
    /// the first.
    ///
    /// # Errors
    /// The kernel's: ENOENT behind the last.
    pub fn next_key(&self, key: Option<&[u8]>) -> io::Result<Vec<u8>> {
        let mut next = vec![0; self.kind.key as usize];
        let mut attr = self.attr().output(16, &mut next);
        if let Some(key) = key {
            Self::check(key, self.kind.key)?;
            attr = attr.input(8, key);
        }
        #[allow(unsafe_code, reason = "see `bpf`")]
        // SAFETY: the command reads a key, or none at address 0, and writes one of the map's size.
        unsafe { bpf(command::MAP_GET_NEXT_KEY, &mut attr) }?;
        Ok(next)
    }

    /// `BPF_MAP_LOOKUP_BATCH` from the beginning, or from where the batch before it ended. Returns the
    /// values, where this batch ended, and whether that is the end of the map.
    ///
    /// # Errors
    /// The kernel's, but for ENOENT, which says that the map has ended.
    pub fn lookup_batch(&self, from: Option<&[u8]>, most: u32) -> io::Result<Batch> {
        let (key, value) = (self.kind.key as usize, self.kind.value as usize);
        let most = most.min(self.kind.entries + 1);
        let mut keys = vec![0; key * most as usize];
        let mut values = vec![0; value * most as usize];
        // For arrays this is a key, for hash tables always a __u32.
        let mut end = vec![0; key.max(4)];
        let mut attr = Attr::new(56)
            .output(8, &mut end)
            .output(16, &mut keys)
            .output(24, &mut values)
            .u32(32, most)
            .u32(36, self.fd.as_raw_fd() as u32);
        if let Some(from) = from {
            Self::check(from, key.max(4) as u32)?;
            attr = attr.input(0, from);
        }
        #[allow(unsafe_code, reason = "see `bpf`")]
        // SAFETY: there is room for `most` keys and values, and for the place where the batch ends.
        let result = unsafe { bpf(command::MAP_LOOKUP_BATCH, &mut attr) };
        let last = match result {
            Ok(_) => false,
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => true,
            Err(error) => return Err(error),
        };
        values.truncate(value * attr.u32_at(32).min(most) as usize);
        Ok(Batch { values, end, last })
    }

    /// `BPF_MAP_FREEZE`: user space may read from now on, and not write.
    ///
    /// # Errors
    /// The kernel's.
    pub fn freeze(&self) -> io::Result<()> {
        let mut attr = Attr::new(4).u32(0, self.fd.as_raw_fd() as u32);
        #[allow(unsafe_code, reason = "see `bpf`")]
        // SAFETY: the structure has no pointers.
        unsafe { bpf(command::MAP_FREEZE, &mut attr) }.map(drop)
    }
}

/// What came of [`Map::lookup_batch`].
#[derive(Debug)]
pub struct Batch {
    /// All values, one behind the other.
    pub values: Vec<u8>,
    /// Where the next batch begins.
    pub end: Vec<u8>,
    /// Whether the map has no more.
    pub last: bool,
}

/// `BPF_PROG_LOAD` of a socket filter. `log` is where the verifier writes.
///
/// # Errors
/// The kernel's: EACCES or EINVAL when the verifier refuses the instructions.
pub fn load_socket_filter(code: &[u8], license: &str, log: &mut [u8]) -> io::Result<OwnedFd> {
    const SOCKET_FILTER: u32 = 1;
    let license = [license.as_bytes(), b"\0"].concat();
    let mut attr = Attr::new(48)
        .u32(0, SOCKET_FILTER)
        .u32(4, (code.len() / crate::insn::SIZE) as u32)
        .input(8, code)
        .input(16, &license);
    if !log.is_empty() {
        attr = attr.u32(24, 1).u32(28, log.len() as u32).output(32, log);
    }
    #[allow(unsafe_code, reason = "see `bpf`")]
    // SAFETY: the command reads whole instructions, no more than `code` has, and a license that ends
    // with a zero byte; it writes no more than `log` has.
    let fd = unsafe { bpf(command::PROG_LOAD, &mut attr) }?;
    Ok(owned(fd))
}

/// `BPF_PROG_TEST_RUN`: runs the program once on a packet; what it returned.
///
/// # Errors
/// The kernel's.
pub fn test_run(program: &OwnedFd, packet: &[u8]) -> io::Result<u32> {
    let mut attr = Attr::new(40)
        .u32(0, program.as_raw_fd() as u32)
        .u32(8, packet.len() as u32)
        .input(16, packet);
    #[allow(unsafe_code, reason = "see `bpf`")]
    // SAFETY: the command reads as many bytes as the packet has, and has nowhere to write to but the
    // structure itself.
    unsafe { bpf(command::PROG_TEST_RUN, &mut attr) }?;
    Ok(attr.u32_at(4))
}

/// `BPF_MAP_GET_NEXT_ID`: the number of the first map on this machine.
///
/// # Errors
/// The kernel's: EPERM for everybody but root.
pub fn first_map_id() -> io::Result<u32> {
    let mut attr = Attr::new(12);
    #[allow(unsafe_code, reason = "see `bpf`")]
    // SAFETY: the structure has no pointers.
    unsafe { bpf(command::MAP_GET_NEXT_ID, &mut attr) }?;
    Ok(attr.u32_at(4))
}

/// A command that no kernel has.
///
/// # Errors
/// The kernel's.
pub fn no_such_command() -> io::Result<i32> {
    #[allow(unsafe_code, reason = "see `bpf`")]
    // SAFETY: all bytes of the structure are zero, so no pointer leads anywhere.
    unsafe {
        bpf(9999, &mut Attr::new(32))
    }
}

/// The name of an error number, as manual pages have it.
pub fn errno_name(error: &io::Error) -> String {
    let names = [
        (libc::EPERM, "EPERM"),
        (libc::ENOENT, "ENOENT"),
        (libc::E2BIG, "E2BIG"),
        (libc::EBADF, "EBADF"),
        (libc::EACCES, "EACCES"),
        (libc::EFAULT, "EFAULT"),
        (libc::EEXIST, "EEXIST"),
        (libc::EINVAL, "EINVAL"),
        (libc::ENOSPC, "ENOSPC"),
    ];
    let number = error.raw_os_error();
    let name = names.iter().find(|(known, _)| Some(*known) == number);
    name.map_or_else(|| error.to_string(), |(_, name)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_at_their_offsets() {
        let attr = Attr::new(16).u32(4, 7).u64(8, 9);
        assert_eq!((attr.u32_at(0), attr.u32_at(4), attr.u32_at(8)), (0, 7, 9));
    }

    #[test]
    fn errors_have_their_names() {
        assert_eq!(errno_name(&io::Error::from_raw_os_error(libc::E2BIG)), "E2BIG");
        assert_eq!(errno_name(&io::Error::other("odd")), "odd");
    }
}
