//! Classic BPF: filters for sockets, in the language of 1992.
#![allow(unsafe_code, reason = "setsockopt with a pointer to a filter has no safe wrapper")]

use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd};

use crate::record::u32_at;

/// One instruction: `struct sock_filter` of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Classic {
    code: u16,
    when_true: u8,
    when_false: u8,
    k: u32,
}

impl Classic {
    /// Bytes of an instruction.
    const SIZE: usize = 8;

    /// The instructions in an array of `struct sock_filter`.
    pub fn parse(bytes: &[u8]) -> Vec<Self> {
        let instruction = |bytes: &[u8]| {
            let code = u16::from_ne_bytes([bytes[0], bytes[1]]);
            let (when_true, when_false, k) = (bytes[2], bytes[3], u32_at(bytes, 4)?);
            Some(Self { code, when_true, when_false, k })
        };
        bytes.chunks_exact(Self::SIZE).filter_map(instruction).collect()
    }

    /// The instruction as text. `at` is its number: jumps are shown with the number they go to.
    pub fn text(self, at: usize) -> String {
        let to = |distance| at + 1 + usize::from(distance);
        let (yes, no, k) = (to(self.when_true), to(self.when_false), self.k);
        match self.code {
            0x20 => format!("A = 4 bytes at {k}"),
            0x28 => format!("A = 2 bytes at {k}"),
            0x30 => format!("A = 1 byte at {k}"),
            0x15 => format!("if A == {k:#x} go to {yes}, else to {no}"),
            0x06 => format!("return {k}"),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for Classic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, when_true, when_false, k } = self;
        write!(f, "code {code:#04x}, jumps {when_true} {when_false}, number {k:#x}")
    }
}

/// Has the kernel check the filter, translate it and put it before the socket.
///
/// # Errors
/// The kernel refuses it: it is empty or too long, an instruction is unknown, a jump leads out of it, or
/// its last instruction does not return.
pub fn attach(socket: impl AsFd, filter: &[Classic]) -> io::Result<()> {
    let mut filter: Vec<_> = filter.iter().map(sock_filter).collect();
    let len = filter.len().try_into().map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?;
    let program = libc::sock_fprog { len, filter: filter.as_mut_ptr() };
    // SAFETY: the option's value is a sock_fprog of this size, whose pointer leads to `len`
    // instructions in a vector that lives until the call is over; the kernel only reads them.
    let result = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_ATTACH_FILTER,
            (&raw const program).cast(),
            size_of_val(&program) as libc::socklen_t,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn sock_filter(instruction: &Classic) -> libc::sock_filter {
    let Classic { code, when_true: jt, when_false: jf, k } = *instruction;
    libc::sock_filter { code, jt, jf, k }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_of_the_c_structure_is_read() {
        let mut bytes = 0x15u16.to_ne_bytes().to_vec();
        bytes.extend([0, 3]);
        bytes.extend(0x800u32.to_ne_bytes());
        bytes.extend(0x06u16.to_ne_bytes());
        bytes.extend([0; 6]);
        let texts: Vec<_> =
            Classic::parse(&bytes).iter().enumerate().map(|(at, it)| it.text(at)).collect();
        assert_eq!(texts, ["if A == 0x800 go to 1, else to 4", "return 0"]);
        assert!(Classic::parse(&bytes[..7]).is_empty());
    }

    #[test]
    fn the_kernel_says_no_to_what_is_no_filter() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let jump_out = Classic { code: 0x15, when_true: 9, when_false: 0, k: 0 };
        let end = Classic { code: 0x06, when_true: 0, when_false: 0, k: 0xffff };
        assert_eq!(
            attach(&socket, &[jump_out, end]).unwrap_err().raw_os_error(),
            Some(libc::EINVAL)
        );
        assert_eq!(attach(&socket, &[]).unwrap_err().raw_os_error(), Some(libc::EINVAL));
        attach(&socket, &[end]).unwrap();
    }
}
