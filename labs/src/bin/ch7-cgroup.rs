//! cgroup: counts what the processes of a cgroup send and receive, and refuses them one port.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::os::fd::AsRawFd;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use labs::cgroup::{Cgroup, visitor};
use labs::record::u64_at;
use labs::{Lab, Usage, Wake};
use libbpf_rs::Object;
use nix::errno::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Makes a cgroup with one process in it, counts the datagrams of that process, and lets it\n\
            connect to every port but one.",
    flags: &[],
};

/// How long to wait for a datagram.
const PATIENCE: Duration = Duration::from_millis(500);
/// With the headers of UDP and IP in front, that is a packet of 100 bytes.
const DATAGRAM: [u8; 72] = [b'x'; 72];
const PORTS: [u16; 2] = [9001, 9002];

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), cgroup)
}

// ANCHOR: lab
fn cgroup(lab: &Lab) -> Result<()> {
    let mut socket = None;
    if visitor(|command| inside(command, &mut socket).unwrap_or_else(error_name))? {
        return Ok(());
    }

    let object = lab.load(lab.open()?)?;
    let mut process = Cgroup::create()?.visit()?;
    let cgroup = process.cgroup.fd().as_raw_fd();
    let mut links = Vec::new();
    for name in object.progs().map(|program| program.name().to_string_lossy().into_owned()) {
        links.push(lab.attach_with(&object, &name, |program| program.attach_cgroup(cgroup))?);
    }
    let mut wakeups = lab.observe()?;

    let mut out = io::stdout().lock();
    let outside = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    outside.set_read_timeout(Some(PATIENCE))?;
    let port = outside.local_addr()?.port();
    writeln!(out, "3 datagrams to the outside: {}", process.told(&format!("send 3 {port}"))?)?;
    let arrived = answer(&outside, 3, 2)?;
    writeln!(out, "arrived there: {arrived}; the first 2 are answered")?;
    writeln!(out, "answers that came back: {}", process.told("receive 2")?)?;
    // A control: these do not come from the cgroup, and do not go there.
    for _ in 0..4 {
        outside.send_to(&DATAGRAM, outside.local_addr()?)?;
    }
    for port in PORTS {
        writeln!(out, "connect to port {port}: {}", process.told(&format!("connect {port}"))?)?;
    }
    for name in ["sent", "received"] {
        writeln!(out, "{name}: {}", traffic(lab, &object, name)?)?;
    }
    drop(out);

    if let Some(path) = process.cgroup.path() {
        let procs = path.join("cgroup.procs");
        writeln!(io::stdout(), "# To try it: echo $$ | sudo tee {}", procs.display())?;
    }
    while wakeups.wait(None)? != Wake::End {}
    Ok(())
}
// ANCHOR_END: lab

/// What the process in the cgroup does when it is told to.
fn inside(command: &str, socket: &mut Option<UdpSocket>) -> io::Result<String> {
    let mut words = command.split(' ');
    let verb = words.next().unwrap_or_default();
    let mut number = || words.next().and_then(|word| word.parse::<u16>().ok()).unwrap_or(0);
    if socket.is_none() {
        let new = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        new.set_read_timeout(Some(PATIENCE))?;
        *socket = Some(new);
    }
    let Some(socket) = socket else { return Ok(String::new()) };
    Ok(match verb {
        "send" => {
            let (times, to) = (number(), number());
            let send = |_| match socket.send_to(&DATAGRAM, (Ipv4Addr::LOCALHOST, to)) {
                Ok(_) => "ok".to_owned(),
                Err(error) => error_name(error),
            };
            (0..times).map(send).collect::<Vec<_>>().join(", ")
        }
        "receive" => {
            let times = number();
            (0..times).take_while(|_| socket.recv(&mut [0; 128]).is_ok()).count().to_string()
        }
        _ => {
            let kind = SocketType::STREAM;
            let tcp = socket_with(AddressFamily::INET, kind, SocketFlags::CLOEXEC, None)?;
            set_socket_timeout(&tcp, Timeout::Send, Some(PATIENCE))?; // for connect as well
            connect(&tcp, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, number()))?;
            "ok".to_owned()
        }
    })
}

/// Receives up to `times` datagrams, and answers the first ones. Returns how many came.
fn answer(socket: &UdpSocket, times: u32, answered: u32) -> Result<u32> {
    for received in 0..times {
        let Ok((_, from)) = socket.recv_from(&mut [0; 128]) else { return Ok(received) };
        if received < answered {
            socket.send_to(&DATAGRAM, from)?;
        }
    }
    Ok(times)
}

fn traffic(lab: &Lab, object: &Object, name: &str) -> Result<String> {
    let value = lab.variable(object, ".bss", name)?;
    let value = value.with_context(|| format!("the object has no variable {name}"))?;
    let numbers = u64_at(&value, 0).zip(u64_at(&value, 8));
    let (packets, bytes) = numbers.with_context(|| format!("{name} is no struct traffic"))?;
    Ok(format!("{packets} packets, {bytes} bytes"))
}

/// `ECONNREFUSED` and the like.
fn error_name(error: io::Error) -> String {
    error.raw_os_error().map_or_else(|| error.to_string(), |n| format!("{:?}", Errno::from_raw(n)))
}
