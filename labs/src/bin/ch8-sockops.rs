//! sockops: what happens to TCP connections, as both of their ends see it, and how long a round trip takes.

use std::cell::RefCell;
use std::fmt::Display;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use labs::record::u32_at;
use labs::topology::{End, Namespace, cable};
use labs::{Lab, Usage, http, own_cgroup};
use libbpf_rs::RingBufferBuilder;

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Reports the connections between a web client and a web server.",
    flags: &[],
};

const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 8, 0, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 8, 0, 2);
const PATIENCE: Duration = Duration::from_secs(1);
/// No event for so long: there will be no more.
const QUIET: Duration = Duration::from_millis(200);
const CONNECTIONS: u32 = 3;
/// What events are, in the order of their numbers.
const WHAT: [&str; 4] = ["connected", "accepted", "closed", "listening"];

/// As `struct event` has it.
#[derive(Clone, Copy)]
struct Event {
    what: u32,
    local_address: Ipv4Addr,
    local_port: u32,
    remote_port: u32,
    round_trip_us: u32,
}

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), sockops)
}

// ANCHOR: lab
fn sockops(lab: &Lab) -> Result<()> {
    let (client, server) = (Namespace::new("client")?, Namespace::new("server")?);
    cable(
        &End { namespace: &client, interface: "veth-client", address: CLIENT },
        &End { namespace: &server, interface: "veth-server", address: SERVER },
    )?;

    let object = lab.load(lab.open()?)?;
    // The program is called for the sockets of all processes in a cgroup: here, in ours.
    let cgroup = own_cgroup::open()?;
    let fd = cgroup.as_raw_fd();
    let _link = lab.attach_with(&object, "tcp_events", |program| program.attach_cgroup(fd))?;
    let seen = RefCell::new(Vec::new());
    let events = lab.map(&object, "events")?;
    let mut builder = RingBufferBuilder::new();
    builder.add(&events, |record| {
        seen.borrow_mut().extend(event(record));
        0
    })?;
    let ring = builder.build()?;
    lab.observe()?;

    let web = http::Server::start(&server, SERVER, "hello\n")?;
    client.run(|| {
        for _ in 0..CONNECTIONS {
            http::get(SERVER, "/", PATIENCE).context("the server does not answer")?;
        }
        Ok(())
    })?;
    loop {
        let before = seen.borrow().len();
        ring.poll(QUIET)?;
        if seen.borrow().len() == before {
            break;
        }
    }
    drop(ring);

    let seen = seen.into_inner();
    tell("client", seen.iter().filter(|event| event.local_address == CLIENT))?;
    tell("server", seen.iter().filter(|event| event.local_address == SERVER))?;
    say(format_args!("the server answered {} requests", web.served()))
}
// ANCHOR_END: lab

/// One line for each event of one side, without what differs between runs.
fn tell<'a>(side: &str, events: impl Iterator<Item = &'a Event>) -> Result<()> {
    for event in events {
        let what = WHAT.get(event.what as usize).unwrap_or(&"something else");
        let measured = if event.round_trip_us > 0 { "known" } else { "not known" };
        say(format_args!("{side}: {what}, round-trip time {measured}"))?;
        say(format_args!("#     ports {} and {}", event.local_port, event.remote_port))?;
        say(format_args!("#     round-trip time {} µs", event.round_trip_us))?;
    }
    Ok(())
}

fn event(record: &[u8]) -> Option<Event> {
    Some(Event {
        what: u32_at(record, 0)?,
        local_address: Ipv4Addr::from(*record.get(4..)?.first_chunk::<4>()?),
        local_port: u32_at(record, 8)?,
        remote_port: u32_at(record, 12)?,
        round_trip_us: u32_at(record, 16)?,
    })
}

fn say(line: impl Display) -> Result<()> {
    Ok(writeln!(io::stdout(), "{line}")?)
}
