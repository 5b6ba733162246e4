//! classic-bpf: a filter in classic BPF at a packet socket, and what the kernel has made of it.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::num::NonZeroU32;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use labs::classic::{self, Classic};
use labs::insn::{self, Insn};
use labs::record::u64_at;
use labs::{Flag, Lab, Usage, network, packet};
use libbpf_rs::{MapCore, MapFlags, Object, ProgramInput};
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType, ipproto, recv, sendto,
    socket_with,
};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Puts a filter of classic BPF before a socket that sees all packets of a network of its own,\n\
            sends five packets, and shows which came through.",
    flags: &[Flag {
        name: "results-only",
        value: "",
        default: "",
        help: "put a `# ` before the listings: many filters do the same",
    }],
};

/// The protocol of IPv4 packets in an Ethernet header. A packet socket wants it in network byte order.
const ETH_P_IP: u16 = 0x0800;

/// Offsets of what the lab looks at: behind 14 bytes of Ethernet and 20 of IPv4.
const PROTOCOL: usize = 14 + 9;
const PORT: usize = 14 + 20 + 2;

/// What is sent, in this order.
const KINDS: [&str; 3] = ["ICMP", "UDP to port 9", "UDP to port 10"];
const SENT: [usize; 3] = [3, 1, 1];

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), classic_bpf)
}

// ANCHOR: lab
fn classic_bpf(lab: &Lab) -> Result<()> {
    network::leave()?; // nobody else's packets, and nobody else sees ours
    let object = lab.load(lab.open()?)?;
    let section = lab.map(&object, ".filter")?.lookup(&0u32.to_ne_bytes(), MapFlags::ANY)?;
    let filter = Classic::parse(&section.context("the filter cannot be read")?);

    // Who sees a packet first: the socket that was opened last. So when the packet has got to the
    // witness, which has no filter, it has got to the other one, too.
    let witness = packet_socket()?;
    let filtered = packet_socket()?;
    lab.attaching();
    classic::attach(&filtered, &filter).context("the kernel refuses the filter")?;

    let mark = if lab.is_on("results-only") { "# " } else { "" };
    let mut out = io::stdout();
    writeln!(out, "{mark}the filter, in classic BPF:")?;
    for (at, instruction) in filter.iter().enumerate() {
        writeln!(out, "{mark}  {at}: {}", instruction.text(at))?;
    }
    print_translated(&translated(lab, &object, &filtered)?, mark)?;

    lab.observe()?;
    send()?;
    let seen = count(&witness, SENT.iter().sum())?;
    ensure!(seen == SENT, "of {SENT:?} packets the socket without a filter saw {seen:?}");
    let through = count(&filtered, 0)?;
    for ((kind, sent), through) in KINDS.iter().zip(SENT).zip(through) {
        writeln!(out, "{kind}: {sent} sent, {through} let through")?;
    }
    Ok(())
}
// ANCHOR_END: lab

/// A socket that gets every IPv4 packet that arrives, with its Ethernet header.
fn packet_socket() -> Result<OwnedFd> {
    let protocol = NonZeroU32::new(ETH_P_IP.to_be().into()).map(Protocol::from_raw);
    let flags = SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::PACKET, SocketType::RAW, flags, protocol);
    socket.context("cannot open a packet socket")
}

/// What the kernel has made of the filter of this socket.
fn translated(lab: &Lab, object: &Object, socket: &OwnedFd) -> Result<Vec<(usize, Insn)>> {
    let mut programs = object.progs_mut();
    let reader = programs.find(|program| program.name() == "read_translated");
    let reader = reader.context("there is no program read_translated")?;
    let mut argument = (socket.as_raw_fd() as u64).to_ne_bytes();
    let input = ProgramInput { context_in: Some(&mut argument), ..ProgramInput::default() };
    let result = reader.test_run(input).context("cannot run read_translated")?;
    ensure!(result.return_value == 0, "the translated filter is too long to be read");

    let value = lab.map(object, ".bss")?.lookup(&0u32.to_ne_bytes(), MapFlags::ANY)?;
    let value = value.context("cannot read the translated filter")?;
    let length = u64_at(&value, 0).context("cannot read the translated filter")? as usize;
    let code = value.get(8..8 + length * insn::SIZE).context("the filter is cut off")?;
    Ok(insn::listed(code))
}

/// Most of it depends on the kernel: where in its own structures the packet is.
fn print_translated(instructions: &[(usize, Insn)], mark: &str) -> Result<()> {
    let mut out = io::stdout();
    for (at, instruction) in instructions {
        writeln!(out, "# {at:4}: {instruction}")?;
    }
    writeln!(out, "{mark}translated to eBPF, it begins with:")?;
    for (at, instruction) in instructions.iter().take(3) {
        writeln!(out, "{mark}  {at}: {instruction}")?;
    }
    let exits = instructions.iter().filter(|(_, insn)| insn.to_string() == "exit").count();
    Ok(writeln!(out, "{mark}and has {exits} exits")?)
}

/// Sends the packets. They are of kinds that nobody answers: echo replies, and UDP to open ports.
fn send() -> Result<()> {
    let flags = SocketFlags::CLOEXEC;
    let icmp = socket_with(AddressFamily::INET, SocketType::RAW, flags, Some(ipproto::ICMP))?;
    let to = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);
    for _ in 0..SENT[0] {
        sendto(&icmp, &packet::icmp(0, &[0; 4]), SendFlags::empty(), &to)?;
    }
    let port = |port| (Ipv4Addr::LOCALHOST, port);
    let (nine, ten) = (UdpSocket::bind(port(9))?, UdpSocket::bind(port(10))?);
    ten.send_to(b"hello", port(9))?;
    nine.send_to(b"hello", port(10))?;
    Ok(())
}

/// How many packets of each kind are waiting at the socket. Until so many have come, it waits for them,
/// but for a second at most.
fn count(socket: &OwnedFd, expected: usize) -> Result<[usize; 3]> {
    let mut counts = [0; KINDS.len()];
    set_socket_timeout(socket, Timeout::Recv, Some(Duration::from_secs(1)))?;
    let mut bytes = [0; 256];
    loop {
        let wait = counts.iter().sum::<usize>() < expected;
        let flags = if wait { RecvFlags::empty() } else { RecvFlags::DONTWAIT };
        match recv(socket, bytes.as_mut_slice(), flags) {
            Ok((length, _)) => {
                let kind = kind(&bytes[..length]).context("a packet that nobody sent")?;
                counts[kind] += 1;
            }
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return Ok(counts),
            Err(error) => return Err(error).context("cannot read the packet socket"),
        }
    }
}

/// Which of the kinds a packet is of.
fn kind(packet: &[u8]) -> Option<usize> {
    match (packet.get(PROTOCOL)?, packet.get(PORT..PORT + 2)) {
        (1, _) => Some(0),
        (17, Some(&[0, 9])) => Some(1),
        (17, Some(&[0, 10])) => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_protocol_and_port() {
        let mut packet = [0; 42];
        packet[PROTOCOL] = 17;
        packet[PORT + 1] = 10;
        assert_eq!(kind(&packet), Some(2));
        packet[PROTOCOL] = 1;
        assert_eq!(kind(&packet), Some(0));
        packet[PROTOCOL] = 6;
        assert_eq!(kind(&packet), None);
        assert_eq!(kind(&packet[..20]), None);
    }
}
