//! socket-filter: a socket that sees every packet of an interface, and a program that lets only HTTP
//! requests through to it.

use std::fmt::Display;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::num::NonZeroU32;
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use labs::packet::tcp_payload;
use labs::ping::ping_at_once;
use labs::record::count_at;
use labs::topology::{End, Namespace, cable};
use labs::{Lab, Usage, http, raw};
use rustix::io::Errno;
use rustix::net::{AddressFamily, Protocol, RecvFlags, SocketFlags, SocketType, recv, socket_with};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Shows the HTTP requests among the packets of an interface.",
    flags: &[],
};

const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 8, 0, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 8, 0, 2);
const PATIENCE: Duration = Duration::from_secs(1);
/// Every protocol, in network byte order.
const ETH_P_ALL: u32 = 0x0003_u16.to_be() as u32;

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), socket_filter)
}

// ANCHOR: lab
fn socket_filter(lab: &Lab) -> Result<()> {
    let (client, server) = (Namespace::new("client")?, Namespace::new("server")?);
    cable(
        &End { namespace: &client, interface: "veth-client", address: CLIENT },
        &End { namespace: &server, interface: "veth-server", address: SERVER },
    )?;
    let web = http::Server::start(&server, SERVER, "hello\n")?;
    let object = lab.load(lab.open()?)?;
    let program = object.progs_mut().next().context("the object has no program")?;

    // Nothing has crossed the cable yet, so the socket is empty when it gets its filter.
    let socket = server.run(packet_socket)?;
    raw::attach_socket_filter(socket.as_fd(), program.as_fd())
        .context("cannot attach the filter to the socket")?;
    lab.observe()?;

    client.run(|| {
        for path in ["/", "/maps", "/programs"] {
            http::get(SERVER, path, PATIENCE).context("the server does not answer")?;
        }
        // Controls: HTTP that is not GET, and packets that are not TCP.
        http::request(SERVER, "POST", "/maps", PATIENCE).context("the server does not answer")?;
        ping_at_once(SERVER, 2, PATIENCE)?;
        Ok(())
    })?;

    while let Some((packet, length)) = receive(&socket)? {
        match tcp_payload(&packet) {
            Some(payload) => say(first_line(payload))?,
            None => say(format_args!("a packet of which there are {length} bytes"))?,
        }
    }
    say(format_args!("the server answered {} requests", web.served()))?;
    let packets = lab.map(&object, "packets")?;
    say(format_args!("the filter let {} packets through", count_at(&packets, 1)?))?;
    say(format_args!("# of {} that it saw", count_at(&packets, 0)?))
}

/// A socket that gets a copy of every packet that arrives or leaves in this namespace, with its Ethernet header.
fn packet_socket() -> Result<OwnedFd> {
    let every = NonZeroU32::new(ETH_P_ALL).map(Protocol::from_raw);
    socket_with(AddressFamily::PACKET, SocketType::RAW, SocketFlags::CLOEXEC, every)
        .context("cannot open a packet socket")
}

/// The next packet that the socket has, and its length; none when it has no more.
fn receive(socket: &OwnedFd) -> Result<Option<(Vec<u8>, usize)>> {
    let mut packet = vec![0; 2048];
    match recv(socket, packet.as_mut_slice(), RecvFlags::DONTWAIT) {
        Ok((length, _)) => {
            packet.truncate(length);
            Ok(Some((packet, length)))
        }
        Err(Errno::AGAIN) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
// ANCHOR_END: lab

fn first_line(payload: &[u8]) -> String {
    let line = payload.split(|&byte| byte == b'\r').next().unwrap_or_default();
    String::from_utf8_lossy(line).into_owned()
}

fn say(line: impl Display) -> Result<()> {
    Ok(writeln!(io::stdout(), "{line}")?)
}
