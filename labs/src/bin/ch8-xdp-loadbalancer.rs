//! xdp-loadbalancer: one address, two web servers behind it. The balancer changes addresses in XDP; its
//! own network stack has no part in it.

use std::fmt::Display;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use labs::topology::{End, Interface, Namespace, cable};
use labs::{Flag, Lab, Usage, http};
use libbpf_rs::{Link, MapCore, MapFlags};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Spreads web requests over two servers.",
    flags: &[Flag {
        name: "requests",
        value: "N",
        default: "1000",
        help: "how many requests the client sends",
    }],
};

const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 8, 0, 1);
/// The address that the client knows.
const SERVICE: Ipv4Addr = Ipv4Addr::new(10, 8, 0, 100);
const PATIENCE: Duration = Duration::from_secs(1);
/// With so many requests that were not answered, no more are sent.
const ENOUGH: u32 = 2;

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), xdp_loadbalancer)
}

// ANCHOR: lab
fn xdp_loadbalancer(lab: &Lab) -> Result<()> {
    let requests: u32 = lab.parsed("requests")?;
    let balancer = Namespace::new("balancer")?;
    let hosts = [
        Host::new(&balancer, "client", CLIENT, SERVICE)?,
        Host::new(
            &balancer,
            "backend-1",
            Ipv4Addr::new(10, 8, 1, 1),
            Ipv4Addr::new(10, 8, 1, 100),
        )?,
        Host::new(
            &balancer,
            "backend-2",
            Ipv4Addr::new(10, 8, 2, 1),
            Ipv4Addr::new(10, 8, 2, 100),
        )?,
    ];
    let [client, backends @ ..] = &hosts;
    let mut servers = Vec::new();
    for backend in backends {
        // The way back to the client.
        backend.namespace.route(CLIENT, 32, backend.balancer.address)?;
        servers.push(http::Server::start(
            &backend.namespace,
            backend.own.address,
            backend.namespace.name(),
        )?);
    }

    let object = lab.load(lab.open()?)?;
    let neighbours = lab.map(&object, "neighbours")?;
    let mut links = Vec::new();
    for (number, host) in hosts.iter().enumerate() {
        let key = (number as u32).to_ne_bytes();
        neighbours.update(&key, &host.neighbour(), MapFlags::ANY)?;
        let program = if number == 0 { "to_backend" } else { "to_client" };
        let at = |namespace: &Namespace, program, interface: Interface| -> Result<Link> {
            namespace.run(|| {
                lab.attach_with(&object, program, |program| {
                    program.attach_xdp(interface.index as i32)
                })
            })
        };
        links.push(at(&balancer, program, host.balancer)?);
        links.push(at(&host.namespace, "receive", host.own)?);
    }

    lab.observe()?;
    let start = Instant::now();
    let answers = client.namespace.run(|| Ok(ask(requests)))?;
    let took = start.elapsed();

    let answered = answers.len() as u32;
    let all = answered == requests;
    say(format_args!("requests answered: {}", if all { "all" } else { "not all" }))?;
    for (server, backend) in servers.iter().zip(backends) {
        let name = backend.namespace.name();
        let served = server.served();
        if all {
            say(format_args!("{name} served {} of them", share(served * 100 / requests.max(1))))?;
        }
        let seen = answers.iter().filter(|body| *body == name).count();
        say(format_args!("# {name}: {served} requests, {seen} answers seen by the client"))?;
    }
    say(format_args!("# {answered} of {requests} answered, in {took:.1?}"))
}
// ANCHOR_END: lab

/// A namespace, and the cable from it to the balancer.
struct Host {
    namespace: Namespace,
    own: Interface,
    balancer: Interface,
}

impl Host {
    fn new(
        balancer: &Namespace,
        name: &'static str,
        address: Ipv4Addr,
        balancer_address: Ipv4Addr,
    ) -> Result<Self> {
        let namespace = Namespace::new(name)?;
        let [own, at_balancer] = cable(
            &End { namespace: &namespace, interface: "to-balancer", address },
            &End { namespace: balancer, interface: name, address: balancer_address },
        )?;
        namespace.complete_checksums("to-balancer")?;
        Ok(Self { namespace, own, balancer: at_balancer })
    }

    /// As `struct neighbour` has it.
    fn neighbour(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(self.own.address.octets());
        bytes.extend(self.balancer.address.octets());
        bytes.extend(self.balancer.index.to_ne_bytes());
        bytes.extend(self.own.mac);
        bytes.extend(self.balancer.mac);
        bytes
    }
}

/// One request after the other; the bodies of the answers.
fn ask(requests: u32) -> Vec<String> {
    let (mut answers, mut failed) = (Vec::new(), 0);
    for _ in 0..requests {
        match http::get(SERVICE, "/", PATIENCE) {
            Ok(body) => answers.push(body),
            Err(_) => failed += 1,
        }
        if failed == ENOUGH {
            break;
        }
    }
    answers
}

/// A share in words that chance does not change: to the next quarter, 10 percent more or less.
fn share(percent: u32) -> String {
    match percent {
        0 => "none".into(),
        15..=35 => "15 to 35 percent".into(),
        40..=60 => "40 to 60 percent".into(),
        65..=85 => "65 to 85 percent".into(),
        100 => "all".into(),
        other => format!("{other} percent"),
    }
}

fn say(line: impl Display) -> Result<()> {
    Ok(writeln!(io::stdout(), "{line}")?)
}
