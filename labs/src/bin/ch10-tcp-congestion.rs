//! tcp-congestion: an algorithm for TCP's congestion control that is made of BPF programs, and a connection
//! that uses it.

use std::fmt::Display;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use labs::record::count_at;
use labs::topology::{End, Namespace, cable};
use labs::{Lab, Usage, raw};
use libbpf_rs::OpenObject;
use libbpf_rs::btf::{Btf, types::Struct};
use rustix::net::sockopt::{set_tcp_congestion, tcp_congestion};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Registers a congestion control algorithm, and sends data with it.",
    flags: &[],
};

const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 8, 0, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 8, 0, 2);
const PORT: u16 = 5001;
const PATIENCE: Duration = Duration::from_secs(5);
/// How much is sent in each connection.
const BYTES: usize = 1_000_000;
/// Windows beyond this are not told apart: how far others let theirs grow is a matter of luck.
const LARGE: u32 = 32;

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), tcp_congestion_lab)
}

// ANCHOR: lab
fn tcp_congestion_lab(lab: &Lab) -> Result<()> {
    let (client, server) = (Namespace::new("client")?, Namespace::new("server")?);
    cable(
        &End { namespace: &client, interface: "veth-client", address: CLIENT },
        &End { namespace: &server, interface: "veth-server", address: SERVER },
    )?;
    let listener = server.run(|| Ok(TcpListener::bind((SERVER, PORT))?))?;

    let mut open = lab.open()?;
    let has_links = kernel_has_links()?;
    if !has_links {
        without_link(&mut open)?;
    }
    let mut object = lab.load(open)?;
    let link = lab.attach_struct_ops(&mut object, "labs_fixed")?;
    lab.observe()?;

    for algorithm in ["reno", "labs_fixed"] {
        let sent = client.run(|| send(algorithm, &listener))?;
        say(format_args!("{}: {} bytes arrived", sent.algorithm, sent.arrived))?;
        say(format_args!("{}: congestion window {}", sent.algorithm, window(sent.window)))?;
    }

    let calls = lab.map(&object, "calls")?;
    say(format_args!("init was called {} time", count_at(&calls, 0)?))?;
    let called = if count_at(&calls, 1)? > 0 { "was called" } else { "was not called" };
    say(format_args!("cong_avoid {called}"))?;
    for (number, name) in [(1, "cong_avoid"), (2, "ssthresh"), (3, "undo_cwnd")] {
        say(format_args!("# {name}: {} calls", count_at(&calls, number)?))?;
    }

    drop(link);
    let gone = client.run(|| Ok(send("labs_fixed", &listener).is_err()))?;
    say(if gone { "detached: nobody can choose it any more" } else { "detached, and still there" })
}
// ANCHOR_END: lab

struct Sent {
    algorithm: String,
    arrived: usize,
    window: u32,
}

/// Sends data over a new connection that uses the algorithm.
fn send(algorithm: &str, listener: &TcpListener) -> Result<Sent> {
    let mut stream = TcpStream::connect_timeout(&(SERVER, PORT).into(), PATIENCE)?;
    let (mut other, _) = listener.accept()?;
    other.set_read_timeout(Some(PATIENCE))?;
    set_tcp_congestion(&stream, algorithm)
        .with_context(|| format!("a socket cannot choose {algorithm}"))?;

    std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let (mut bytes, mut arrived) = (vec![0; 65536], 0);
            while let Ok(length @ 1..) = other.read(&mut bytes) {
                arrived += length;
            }
            arrived
        });
        stream.write_all(&vec![0; BYTES])?;
        stream.shutdown(Shutdown::Write)?;
        let arrived = reader.join().map_err(|_| anyhow!("the reader panicked"))?;
        Ok(Sent {
            algorithm: tcp_congestion(&stream)?,
            arrived,
            window: raw::congestion_window(stream.as_fd())?,
        })
    })
}

fn window(packets: u32) -> String {
    if packets > LARGE {
        format!("more than {LARGE} packets")
    } else {
        format!("{packets} packets")
    }
}

/// Whether a structure of programs can be held by a link (Linux 6.4).
fn kernel_has_links() -> Result<bool> {
    let types = Btf::from_vmlinux().context("cannot read the kernel's types")?;
    Ok(types.type_by_name::<Struct<'_>>("bpf_struct_ops_link").is_some())
}

/// On older kernels the structure is registered when the map is written, and stays until it is deleted
/// from it.
fn without_link(open: &mut OpenObject) -> Result<()> {
    let mut map = open.maps_mut().find(|map| map.name() == "labs_fixed");
    let map = map.as_mut().context("the object has no labs_fixed")?;
    Ok(map.set_map_flags(0)?)
}

fn say(line: impl Display) -> Result<()> {
    Ok(writeln!(io::stdout(), "{line}")?)
}
