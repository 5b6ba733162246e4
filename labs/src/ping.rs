//! ICMP echo (RFC 792), the ping of IPv4.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use crate::packet::checksum;
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, ipproto, recv, sendto,
    socket_with,
};

/// How long to wait for one reply, where nothing else is said.
pub const PATIENCE: Duration = Duration::from_secs(1);
const ECHO_REPLY: u8 = 0;
const ECHO_REQUEST: u8 = 8;

/// Sends `times` echo requests, with sequence numbers from 0 on, each after the reply to the one before or
/// after `patience`. Returns how many were answered.
///
/// # Errors
/// No socket may be opened, or the address cannot be reached: loopback is down, for example.
pub fn ping(address: Ipv4Addr, times: u32, patience: Duration) -> rustix::io::Result<u32> {
    let socket = Socket::open(patience)?;
    let mut received = 0;
    for sequence in 0..times {
        received += u32::from(socket.echo(address, sequence as u16)?);
    }
    Ok(received)
}

/// Sends `times` echo requests at once, and then waits for replies: until all are there, or for `patience`.
/// Returns how many were answered. For networks where replies are not to be expected.
///
/// # Errors
/// As [`ping`].
pub fn ping_at_once(address: Ipv4Addr, times: u16, patience: Duration) -> rustix::io::Result<u32> {
    let socket = Socket::open(patience)?;
    for sequence in 0..times {
        socket.send(address, sequence)?;
    }
    let deadline = Instant::now() + patience;
    let mut missing: Vec<u16> = (0..times).collect();
    while !missing.is_empty()
        && let Some(sequence) = socket.reply(&missing, deadline)?
    {
        missing.retain(|&other| other != sequence);
    }
    Ok(u32::from(times) - missing.len() as u32)
}

struct Socket {
    fd: OwnedFd,
    /// Raw sockets give packets with their IP header, and those of everybody.
    raw: bool,
    patience: Duration,
    /// Tells our packets from others'. The kernel chooses it for a socket that is not raw.
    id: u16,
}

impl Socket {
    /// A raw socket, which takes root; else the kernel's socket for ping, which takes permission by
    /// net.ipv4.ping_group_range.
    fn open(patience: Duration) -> rustix::io::Result<Self> {
        let open = |kind| {
            socket_with(AddressFamily::INET, kind, SocketFlags::CLOEXEC, Some(ipproto::ICMP))
        };
        let (fd, raw) = match open(SocketType::RAW) {
            Ok(fd) => (fd, true),
            Err(Errno::PERM | Errno::ACCESS) => (open(SocketType::DGRAM)?, false),
            Err(error) => return Err(error),
        };
        set_socket_timeout(&fd, Timeout::Recv, Some(patience))?;
        Ok(Self { fd, raw, patience, id: rustix::process::getpid().as_raw_nonzero().get() as u16 })
    }

    /// Sends one request; whether it was answered in time.
    fn echo(&self, address: Ipv4Addr, sequence: u16) -> rustix::io::Result<bool> {
        self.send(address, sequence)?;
        Ok(self.reply(&[sequence], Instant::now() + self.patience)?.is_some())
    }

    fn send(&self, address: Ipv4Addr, sequence: u16) -> rustix::io::Result<()> {
        let request = echo_request(self.id, sequence);
        sendto(&self.fd, &request, SendFlags::empty(), &SocketAddrV4::new(address, 0)).map(drop)
    }

    /// Waits for the reply to one of these requests.
    fn reply(&self, sequences: &[u16], deadline: Instant) -> rustix::io::Result<Option<u16>> {
        let mut packet = [0; 256];
        while Instant::now() < deadline {
            match recv(&self.fd, packet.as_mut_slice(), RecvFlags::empty()) {
                Ok((length, _)) => {
                    let is_reply = |&&one: &&u16| self.is_reply(&packet[..length], one);
                    if let Some(&sequence) = sequences.iter().find(is_reply) {
                        return Ok(Some(sequence));
                    }
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    fn is_reply(&self, packet: &[u8], sequence: u16) -> bool {
        let header = if self.raw { ip_header_length(packet) } else { 0 };
        let Some(icmp) = packet.get(header..) else { return false };
        let Some(&[kind, _, _, _, id0, id1, seq0, seq1]) = icmp.first_chunk() else {
            return false;
        };
        // The kernel gives a raw socket what came, also with a wrong checksum.
        let intact = !self.raw || checksum(icmp) == 0;
        let ours = !self.raw || u16::from_be_bytes([id0, id1]) == self.id;
        kind == ECHO_REPLY && intact && ours && u16::from_be_bytes([seq0, seq1]) == sequence
    }
}

/// Type, code, checksum, identifier, sequence number; no data.
fn echo_request(id: u16, sequence: u16) -> [u8; 8] {
    let ([i0, i1], [s0, s1]) = (id.to_be_bytes(), sequence.to_be_bytes());
    let mut packet = [ECHO_REQUEST, 0, 0, 0, i0, i1, s0, s1];
    let [c0, c1] = checksum(&packet).to_be_bytes();
    [packet[2], packet[3]] = [c0, c1];
    packet
}

/// The length that the lower half of the first byte gives, in words of 4 bytes.
fn ip_header_length(packet: &[u8]) -> usize {
    packet.first().map_or(0, |first| usize::from(first & 0xf) * 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_with_its_checksum_sums_to_zero() {
        assert_eq!(checksum(&echo_request(0xbeef, 2)), 0);
        assert_eq!(echo_request(1, 2), [8, 0, 0xf7, 0xfc, 0, 1, 0, 2]);
    }

    #[test]
    fn the_ip_header_is_skipped() {
        assert_eq!(ip_header_length(&[0x45]), 20);
        assert_eq!(ip_header_length(&[0x4f]), 60);
        assert_eq!(ip_header_length(&[]), 0);
    }
}
