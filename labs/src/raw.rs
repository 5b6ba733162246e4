//! System calls for which neither libbpf-rs nor rustix has a safe function.
#![allow(unsafe_code, reason = "calls into C; each block says why it is sound")]

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;

/// Attaches a tc program to the ingress of an interface with a tcx link (Linux 6.6). The interface is one
/// of the namespace in which we are; the program is detached when the link is closed.
///
/// # Errors
/// `EINVAL`: this kernel has no tcx. Others: no such interface, no rights.
pub fn attach_tcx_ingress(program: BorrowedFd<'_>, interface: u32) -> io::Result<OwnedFd> {
    let attach_type = libbpf_sys::BPF_TCX_INGRESS;
    // SAFETY: the kernel reads the two numbers. Null stands for no options.
    let link = unsafe {
        libbpf_sys::bpf_link_create(program.as_raw_fd(), interface as i32, attach_type, ptr::null())
    };
    if link < 0 {
        return Err(io::Error::from_raw_os_error(-link));
    }
    // SAFETY: a new file that the kernel has just opened for us, and nobody else knows.
    Ok(unsafe { OwnedFd::from_raw_fd(link) })
}

/// Attaches a socket filter to a socket. It is detached when the socket is closed.
///
/// # Errors
/// The program is no socket filter.
pub fn attach_socket_filter(socket: BorrowedFd<'_>, program: BorrowedFd<'_>) -> io::Result<()> {
    let program = program.as_raw_fd();
    // SAFETY: the option's value is an int, and is given with its size.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_ATTACH_BPF,
            ptr::from_ref(&program).cast(),
            mem::size_of_val(&program) as libc::socklen_t,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// How many packets a TCP connection may have on their way at present: its congestion window.
///
/// # Errors
/// It is no TCP socket.
pub fn congestion_window(socket: BorrowedFd<'_>) -> io::Result<u32> {
    // SAFETY: numbers only, for all of which zero is a value.
    let mut info: libc::tcp_info = unsafe { mem::zeroed() };
    let mut length = mem::size_of_val(&info) as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes, the size of the structure.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            ptr::from_mut(&mut info).cast(),
            &mut length,
        )
    };
    if result == 0 { Ok(info.tcpi_snd_cwnd) } else { Err(io::Error::last_os_error()) }
}
