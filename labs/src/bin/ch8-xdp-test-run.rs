//! xdp-test-run: a unit test of an XDP program. The kernel runs it on packets that we make up; no
//! interface and no network is needed.

use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::packet::{ETHERNET, Icmp, icmp, ipv4};
use labs::{Lab, Usage};
use libbpf_rs::{ProgramInput, ProgramMut};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Runs an XDP program on packets from memory, and shows what it makes of them.",
    flags: &[],
};

const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 8, 0, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 8, 0, 2);
const ICMP: u8 = 1;
const UDP: u8 = 17;
/// Verdicts of XDP programs, in the order of their numbers.
const VERDICTS: [&str; 5] = ["XDP_ABORTED", "XDP_DROP", "XDP_PASS", "XDP_TX", "XDP_REDIRECT"];
/// How often the program is run to see how long it takes.
const REPEAT: u32 = 100_000;

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), xdp_test_run)
}

// ANCHOR: lab
fn xdp_test_run(lab: &Lab) -> Result<()> {
    let object = lab.load(lab.open()?)?;
    let program = object.progs_mut().next().context("the object has no program")?;
    lab.observe()?;

    let ping = ipv4(CLIENT, SERVER, ICMP, &[], &icmp(8, b"abcdefgh"));
    let cases = [
        ("ping", ping.clone()),
        ("ping, IP options", ipv4(CLIENT, SERVER, ICMP, &[1, 1, 1, 0], &icmp(8, b"abcdefgh"))),
        ("ping, cut short", ping[..ping.len() - 10].to_vec()),
        ("answer to a ping", ipv4(CLIENT, SERVER, ICMP, &[], &icmp(0, b"abcdefgh"))),
        ("UDP", ipv4(CLIENT, SERVER, UDP, &[], &icmp(8, b"looks like a ping"))),
        ("no IP", [&ping[..ETHERNET - 2], &[0x08, 0x06], &ping[ETHERNET..]].concat()),
        ("Ethernet only", ping[..ETHERNET].to_vec()),
    ];
    for (name, packet) in cases {
        test(&program, name, &packet)?;
    }

    let input = ProgramInput { data_in: Some(&ping), repeat: REPEAT, ..ProgramInput::default() };
    let output = program.test_run(input)?;
    Ok(writeln!(io::stdout(), "# {REPEAT} runs: {:?} each, on average", output.duration)?)
}

/// One run: a packet in, a verdict and a packet out.
fn test(program: &ProgramMut<'_>, name: &str, packet: &[u8]) -> Result<()> {
    let mut buffer = [0; 256];
    let input = ProgramInput {
        data_in: Some(packet),
        data_out: Some(&mut buffer),
        ..ProgramInput::default()
    };
    let output =
        program.test_run(input).with_context(|| format!("the kernel does not test `{name}`"))?;
    let verdict = VERDICTS.get(output.return_value as usize).unwrap_or(&"no verdict");
    let changed = output.data.filter(|data| *data != packet);

    let mut out = io::stdout().lock();
    write!(out, "{name}: {} bytes in, {verdict}, ", packet.len())?;
    let Some(data) = changed else { return Ok(writeln!(out, "packet unchanged")?) };
    let Some(icmp) = Icmp::read(data) else { return Ok(writeln!(out, "packet spoilt")?) };
    let right = |intact| if intact { "right" } else { "wrong" };
    writeln!(out, "{} bytes out", data.len())?;
    writeln!(out, "    sender's MAC ends in {:02x}", icmp.from_mac)?;
    writeln!(
        out,
        "    IP {} to {}, ttl={}, checksum {}",
        icmp.source,
        icmp.destination,
        icmp.ttl,
        right(icmp.header_intact)
    )?;
    Ok(writeln!(out, "    ICMP type {}, checksum {}", icmp.kind, right(icmp.message_intact))?)
}
// ANCHOR_END: lab
