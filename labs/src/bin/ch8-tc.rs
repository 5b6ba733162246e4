//! tc: programs in the network stack's traffic control drop pings, and then answer them.

use std::fmt::Display;
use std::fs;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, BorrowedFd};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use labs::ping::ping_at_once;
use labs::record::count_at;
use labs::topology::{End, Interface, Namespace, cable};
use labs::{Lab, Usage, http, raw};
use libbpf_rs::{Object, ProgramMut, TC_INGRESS, TcHook, TcHookBuilder};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Drops the pings that arrive at an interface, then answers them in place of the host.",
    flags: &[],
};

const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 8, 0, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 8, 0, 2);
const PATIENCE: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), tc)
}

// ANCHOR: lab
fn tc(lab: &Lab) -> Result<()> {
    let (client, server) = (Namespace::new("client")?, Namespace::new("server")?);
    let [_, at_server] = cable(
        &End { namespace: &client, interface: "veth-client", address: CLIENT },
        &End { namespace: &server, interface: "veth-server", address: SERVER },
    )?;
    let _web = http::Server::start(&server, SERVER, "hello\n")?;
    let object = lab.load(lab.open()?)?;
    lab.observe()?;
    send(&client, "nothing attached")?;

    let drop_pings = program(&object, "drop_pings")?;
    let drop_pings = drop_pings.as_fd();
    // An interface has no place for filters unless it has a queueing discipline. `clsact` is one that
    // queues nothing.
    server.run(|| {
        let created = ingress(drop_pings, at_server).create().map(drop);
        created.context("cannot add clsact to the interface")
    })?;
    server.run(|| attach_classic(drop_pings, at_server))?;
    send(&client, "drop_pings, classic filter")?;
    server.run(|| detach_classic(drop_pings, at_server))?;

    // Whoever answers pings from now on, it is not the network stack.
    server.run(|| Ok(fs::write("/proc/sys/net/ipv4/icmp_echo_ignore_all", "1")?))?;
    say("the server itself ignores pings from here on")?;
    send(&client, "nothing attached")?;

    let answer_pings = program(&object, "answer_pings")?;
    let answer_pings = answer_pings.as_fd();
    server.run(|| attach_classic(answer_pings, at_server))?;
    send(&client, "answer_pings, classic filter")?;
    server.run(|| detach_classic(answer_pings, at_server))?;

    let link = server.run(|| Ok(raw::attach_tcx_ingress(answer_pings, at_server.index)))?;
    match &link {
        Ok(_) => say("# this kernel has tcx")?,
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            say("# this kernel has no tcx: the classic filter once more")?;
            server.run(|| attach_classic(answer_pings, at_server))?;
        }
        Err(error) => bail!("cannot make a tcx link: {error}"),
    }
    send(&client, "answer_pings, tcx link where there is one")?;
    match link {
        Ok(link) => drop(link), // closed, and so detached
        Err(_) => server.run(|| detach_classic(answer_pings, at_server))?,
    }
    send(&client, "nothing attached")?;

    let pings = lab.map(&object, "pings")?;
    let (dropped, answered) = (count_at(&pings, 0)?, count_at(&pings, 1)?);
    say(format_args!("the programs dropped {dropped} pings, and answered {answered}"))
}

fn program<'a>(object: &'a Object, name: &str) -> Result<ProgramMut<'a>> {
    let found = object.progs_mut().find(|program| program.name() == name);
    found.with_context(|| format!("the object has no program {name}"))
}

/// The place for filters of packets that arrive at the interface, and there the one that is ours.
fn ingress(program: BorrowedFd<'_>, interface: Interface) -> TcHook {
    TcHookBuilder::new(program)
        .ifindex(interface.index as i32)
        .replace(true)
        .handle(1)
        .priority(1)
        .hook(TC_INGRESS)
}

fn attach_classic(program: BorrowedFd<'_>, interface: Interface) -> Result<()> {
    ingress(program, interface).attach().map(drop).context("cannot add the filter")
}

fn detach_classic(program: BorrowedFd<'_>, interface: Interface) -> Result<()> {
    ingress(program, interface).detach().context("cannot remove the filter")
}
// ANCHOR_END: lab

/// Four pings, and one request for a web page: they show what comes through.
fn send(client: &Namespace, when: &str) -> Result<()> {
    let (answered, page) = client.run(|| {
        let answered = ping_at_once(SERVER, 4, PATIENCE)?;
        Ok((answered, http::get(SERVER, "/", PATIENCE)))
    })?;
    let page = if page.is_ok() { "answered" } else { "not answered" };
    say(format_args!("{when}: 4 pings, {answered} answered; web page {page}"))
}

fn say(line: impl Display) -> Result<()> {
    Ok(writeln!(io::stdout(), "{line}")?)
}
