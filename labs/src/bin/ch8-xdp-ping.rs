//! xdp-ping: finds pings among the packets of a network interface, and drops them.

use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use labs::ping::ping_at_once;
use labs::record::count_at;
use labs::topology::{End, Namespace, cable};
use labs::{Lab, Usage, http};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Drops the pings that arrive at an interface, and lets everything else pass.",
    flags: &[],
};

const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 8, 0, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 8, 0, 2);
const PATIENCE: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), xdp_ping)
}

// ANCHOR: lab
fn xdp_ping(lab: &Lab) -> Result<()> {
    let (client, server) = (Namespace::new("client")?, Namespace::new("server")?);
    let [_, at_server] = cable(
        &End { namespace: &client, interface: "veth-client", address: CLIENT },
        &End { namespace: &server, interface: "veth-server", address: SERVER },
    )?;
    let _web = http::Server::start(&server, SERVER, "hello\n")?;

    let object = lab.load(lab.open()?)?;
    send(&client, "before")?;

    // An interface is told by its number, and the number counts in one namespace only.
    let link = server.run(|| {
        lab.attach_with(&object, "drop_pings", |program| program.attach_xdp(at_server.index as i32))
    })?;
    lab.observe()?;
    lab.observe()?;
    send(&client, "attached")?;
    let packets = lab.map(&object, "packets")?;
    let (passed, dropped) = (count_at(&packets, 0)?, count_at(&packets, 1)?);

    drop(link);
    send(&client, "detached")?;
    // How many packets a TCP connection takes depends on who is faster.
    let others = if passed > 0 { "some" } else { "none" };
    writeln!(io::stdout(), "the program let pass: {others}, dropped: {dropped}")?;
    Ok(writeln!(io::stdout(), "# exactly: let pass {passed}, dropped {dropped}")?)
}
// ANCHOR_END: lab

/// Four pings, and one request for a web page: they show what comes through.
fn send(client: &Namespace, when: &str) -> Result<()> {
    let (answered, page) = client.run(|| {
        let answered = ping_at_once(SERVER, 4, PATIENCE)?;
        Ok((answered, http::get(SERVER, "/", PATIENCE)))
    })?;
    let page = if page.is_ok() { "answered" } else { "not answered" };
    Ok(writeln!(io::stdout(), "{when}: 4 pings, {answered} answered; web page {page}")?)
}
