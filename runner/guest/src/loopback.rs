//! Brings the loopback interface up with one rtnetlink message, see rtnetlink(7).

use rustix::io;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

const RTM_NEWLINK: u16 = 16;
const NLMSG_ERROR: u16 = 2;
const NLM_F_REQUEST_ACK: u16 = 0x1 | 0x4;
const IFF_UP: u32 = 1;
/// The loopback interface is the first that a network namespace gets.
const LO_INDEX: i32 = 1;

/// Sets `lo` up in this network namespace.
///
/// # Errors
/// The caller has no `CAP_NET_ADMIN` there.
pub fn up() -> io::Result<()> {
    let socket = rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        None, // NETLINK_ROUTE is protocol 0
    )?;
    rustix::net::send(&socket, &set_up_request(), SendFlags::empty())?;
    let mut answer = [0u8; 256];
    let (length, _) = rustix::net::recv(&socket, &mut answer[..], RecvFlags::empty())?;
    acknowledged(&answer[..length])
}

/// `struct nlmsghdr` (16 bytes) followed by `struct ifinfomsg` (16 bytes).
fn set_up_request() -> Vec<u8> {
    let mut message = Vec::with_capacity(32);
    message.extend(32u32.to_ne_bytes()); // nlmsg_len
    message.extend(RTM_NEWLINK.to_ne_bytes());
    message.extend(NLM_F_REQUEST_ACK.to_ne_bytes());
    message.extend(1u32.to_ne_bytes()); // nlmsg_seq
    message.extend(0u32.to_ne_bytes()); // nlmsg_pid: the kernel fills it in
    message.extend([0, 0, 0, 0]); // ifi_family, padding, ifi_type
    message.extend(LO_INDEX.to_ne_bytes());
    message.extend(IFF_UP.to_ne_bytes()); // ifi_flags
    message.extend(IFF_UP.to_ne_bytes()); // ifi_change: the flags that count
    message
}

/// The kernel acknowledges with `NLMSG_ERROR` and the error 0.
fn acknowledged(answer: &[u8]) -> io::Result<()> {
    let (Some(kind), Some(error)) = (answer.get(4..6), answer.get(16..20)) else {
        return Err(io::Errno::BADMSG);
    };
    if u16::from_ne_bytes([kind[0], kind[1]]) != NLMSG_ERROR {
        return Err(io::Errno::BADMSG);
    }
    match i32::from_ne_bytes([error[0], error[1], error[2], error[3]]) {
        0 => Ok(()),
        error => Err(io::Errno::from_raw_os_error(-error)),
    }
}
