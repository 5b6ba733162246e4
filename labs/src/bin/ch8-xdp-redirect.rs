//! xdp-redirect: a network cable that is made of a program. What arrives at one interface leaves by
//! another, and the network stack in between never sees it.

use std::fmt::Display;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use labs::ping::ping_at_once;
use labs::record::count_at;
use labs::topology::{End, Interface, Namespace, cable};
use labs::{Lab, Usage, http};
use libbpf_rs::{Link, MapCore, MapFlags, Object};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Redirects packets between two interfaces in XDP.",
    flags: &[],
};

const LEFT: Ipv4Addr = Ipv4Addr::new(10, 8, 0, 1);
const RIGHT: Ipv4Addr = Ipv4Addr::new(10, 8, 0, 2);
const PATIENCE: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), xdp_redirect)
}

// ANCHOR: lab
fn xdp_redirect(lab: &Lab) -> Result<()> {
    let (left, middle, right) =
        (Namespace::new("left")?, Namespace::new("middle")?, Namespace::new("right")?);
    let end = |namespace, interface, address| End { namespace, interface, address };
    // The middle has addresses only because each end of a cable gets one. Nobody uses them.
    let [at_left, middle_left] = cable(
        &end(&left, "to-middle", LEFT),
        &end(&middle, "to-left", Ipv4Addr::new(10, 8, 0, 101)),
    )?;
    let [at_right, middle_right] = cable(
        &end(&right, "to-middle", RIGHT),
        &end(&middle, "to-right", Ipv4Addr::new(10, 8, 0, 102)),
    )?;
    left.neighbour(at_left, RIGHT, at_right.mac)?;
    right.neighbour(at_right, LEFT, at_left.mac)?;
    for (namespace, interface) in [(&left, "to-middle"), (&right, "to-middle")] {
        namespace.complete_checksums(interface)?;
    }
    let web = http::Server::start(&right, RIGHT, "hello\n")?;

    let object = lab.load(lab.open()?)?;
    send(&left, "without the program")?;

    // The kernel looks up the interface that is written, in the namespace of the writer.
    middle.run(|| {
        let ways = lab.map(&object, "ways")?;
        for (from, to) in [(middle_left, middle_right), (middle_right, middle_left)] {
            let (from, to) = (from.index.to_ne_bytes(), to.index.to_ne_bytes());
            ways.update(&from, &to, MapFlags::ANY).context("cannot write the map of interfaces")?;
        }
        Ok(())
    })?;
    let _links = [
        attach(lab, &object, "forward", &middle, middle_left)?,
        attach(lab, &object, "forward", &middle, middle_right)?,
        attach(lab, &object, "receive", &left, at_left)?,
        attach(lab, &object, "receive", &right, at_right)?,
    ];
    lab.observe()?;
    send(&left, "with the program")?;
    say(format_args!("web pages served: {}", web.served()))?;

    let packets = lab.map(&object, "packets")?;
    for (name, interface) in [("left", middle_left), ("right", middle_right)] {
        let packets = count_at(&packets, interface.index)?;
        say(format_args!("# packets from the {name}: {packets}"))?;
    }
    Ok(())
}

fn attach(
    lab: &Lab,
    object: &Object,
    program: &str,
    namespace: &Namespace,
    interface: Interface,
) -> Result<Link> {
    namespace.run(|| {
        lab.attach_with(object, program, |program| program.attach_xdp(interface.index as i32))
    })
}
// ANCHOR_END: lab

/// Four pings, and one request for a web page: they show what comes through.
fn send(left: &Namespace, when: &str) -> Result<()> {
    let (answered, page) = left.run(|| {
        let answered = ping_at_once(RIGHT, 4, PATIENCE)?;
        Ok((answered, http::get(RIGHT, "/", PATIENCE)))
    })?;
    let page = if page.is_ok() { "answered" } else { "not answered" };
    say(format_args!("{when}: 4 pings, {answered} answered; web page {page}"))
}

fn say(line: impl Display) -> Result<()> {
    Ok(writeln!(io::stdout(), "{line}")?)
}
