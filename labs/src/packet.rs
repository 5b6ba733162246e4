//! Packets as bytes: Ethernet, IPv4 and ICMP, made and read by hand.

use std::net::Ipv4Addr;

/// Length of an Ethernet header.
pub const ETHERNET: usize = 14;
const IPV4: [u8; 2] = [0x08, 0x00];
const PROTOCOL_ICMP: u8 = 1;

/// The internet checksum (RFC 1071): zero over bytes that contain their own right checksum.
pub fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|pair| match *pair {
        [high, low] => u32::from(u16::from_be_bytes([high, low])),
        [high] => u32::from(high) << 8,
        _ => 0,
    });
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// An Ethernet frame with an IPv4 packet in it. `options` are a part of the IP header: a multiple of 4 bytes.
pub fn ipv4(
    source: Ipv4Addr,
    destination: Ipv4Addr,
    protocol: u8,
    options: &[u8],
    payload: &[u8],
) -> Vec<u8> {
    let header_length = 20 + options.len();
    let mut header = vec![0x40 | (header_length / 4) as u8, 0];
    header.extend(((header_length + payload.len()) as u16).to_be_bytes());
    header.extend([0, 0, 0, 0]); // not a fragment
    header.extend([9, protocol, 0, 0]); // time to live, protocol, checksum
    header.extend(source.octets());
    header.extend(destination.octets());
    header.extend(options);
    let check = checksum(&header).to_be_bytes();
    header[10..12].copy_from_slice(&check);

    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]; // to 02:…:02, from 02:…:01
    frame.extend(IPV4);
    frame.extend(header);
    frame.extend(payload);
    frame
}

/// An ICMP message (RFC 792): 8 for a ping, 0 for the answer; then 4 bytes of numbers, and any data.
pub fn icmp(kind: u8, data: &[u8]) -> Vec<u8> {
    let mut message = vec![kind, 0, 0, 0, 0x12, 0x34, 0, 1];
    message.extend(data);
    let check = checksum(&message).to_be_bytes();
    message[2..4].copy_from_slice(&check);
    message
}

/// What can be read in a frame with ICMP in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Icmp {
    /// The last byte of the Ethernet address that sends.
    pub from_mac: u8,
    /// IP address of the sender.
    pub source: Ipv4Addr,
    /// IP address of the receiver.
    pub destination: Ipv4Addr,
    /// Time to live.
    pub ttl: u8,
    /// Type of the message.
    pub kind: u8,
    /// Whether the checksum of the IP header is right.
    pub header_intact: bool,
    /// Whether the checksum of the message is right.
    pub message_intact: bool,
}

impl Icmp {
    /// None when the frame is too short, or contains something else.
    pub fn read(frame: &[u8]) -> Option<Self> {
        let (ethernet, packet) = frame.split_at_checked(ETHERNET)?;
        let header_length = usize::from(packet.first()? & 0xf) * 4;
        let (header, message) = packet.split_at_checked(header_length)?;
        let address = |at: usize| header.get(at..)?.first_chunk::<4>().copied().map(Ipv4Addr::from);
        let is_icmp = ethernet[12..] == IPV4 && header.get(9) == Some(&PROTOCOL_ICMP);
        is_icmp.then_some(Self {
            from_mac: ethernet[11],
            source: address(12)?,
            destination: address(16)?,
            ttl: *header.get(8)?,
            kind: *message.first()?,
            header_intact: checksum(header) == 0,
            message_intact: checksum(message) == 0,
        })
    }
}

/// What a TCP connection carries in a frame; none when the frame is too short to tell, or empty of it.
pub fn tcp_payload(frame: &[u8]) -> Option<&[u8]> {
    let packet = frame.get(ETHERNET..)?;
    let segment = packet.get(usize::from(packet.first()? & 0xf) * 4..)?;
    let payload = segment.get(usize::from(segment.get(12)? >> 4) * 4..)?;
    (!payload.is_empty()).then_some(payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_can_be_read() {
        let (a, b) = (Ipv4Addr::new(10, 8, 0, 1), Ipv4Addr::new(10, 8, 0, 2));
        let mut frame = ipv4(a, b, 1, &[1; 4], &icmp(8, b"odd"));
        let read = Icmp::read(&frame).unwrap();
        assert_eq!((read.source, read.destination, read.kind), (a, b, 8));
        assert!(read.header_intact && read.message_intact);

        *frame.last_mut().unwrap() ^= 1;
        assert!(!Icmp::read(&frame).unwrap().message_intact);
        assert_eq!(Icmp::read(&frame[..33]), None);
        assert_eq!(Icmp::read(&[]), None);
        assert_eq!(Icmp::read(&ipv4(a, b, 17, &[], &[0; 8])), None, "that is UDP");
    }

    #[test]
    fn the_payload_follows_the_tcp_header() {
        let (a, b) = (Ipv4Addr::new(10, 8, 0, 1), Ipv4Addr::new(10, 8, 0, 2));
        let mut segment = [0; 24];
        segment[12] = 6 << 4; // words of 4 bytes
        let frame = ipv4(a, b, 6, &[], &[&segment[..], b"GET /"].concat());
        assert_eq!(tcp_payload(&frame), Some(&b"GET /"[..]));
        assert_eq!(tcp_payload(&ipv4(a, b, 6, &[], &segment)), None);
        assert_eq!(tcp_payload(&frame[..1]), None);
    }

    #[test]
    fn carries_are_added_back() {
        assert_eq!(checksum(&[0xff, 0xff, 0x00, 0x01]), 0xfffe);
        assert_eq!(checksum(&[0x01]), 0xfeff);
    }
}
