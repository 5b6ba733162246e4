//! hello-verifier: what the verifier says about two programs, also when it accepts them.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::{Flag, Lab, Usage};
use libbpf_rs::ProgramInput as Input;

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Has the kernel verify two programs, and shows the verifier's log of each. Attaches nothing.",
    flags: &[Flag {
        name: "log-level",
        value: "LEVEL",
        default: "2",
        help: "for accepted programs: 1 for a few numbers, 2 for every instruction",
    }],
};

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), hello_verifier)
}

// ANCHOR: lab
fn hello_verifier(lab: &Lab) -> Result<()> {
    let level = lab.parsed("log-level")?;

    // The log of a program that is refused is printed here, and this is the end then.
    let object = lab.load(lab.open()?)?;
    lab.print_logs_of_success(level)?;

    let mut out = io::stdout().lock();
    for program in object.progs() {
        let (name, section) = (program.name().display(), program.section().display());
        let kind = format!("{:?}", program.prog_type()).to_lowercase();
        writeln!(out, "{name}: accepted ({kind}, {section})")?;
    }

    // An exercise adds this one. It is not attached but run once for each packet.
    let mut programs = object.progs_mut();
    if let Some(program) = programs.find(|program| program.name() == "xdp_ip_protocol") {
        for (name, packet) in packets() {
            let input = Input { data_in: Some(&packet), ..Input::default() };
            let result = program.test_run(input).context("cannot run xdp_ip_protocol")?;
            writeln!(out, "xdp_ip_protocol: {name}: {}", result.return_value)?;
        }
    }
    Ok(())
}
// ANCHOR_END: lab

/// Packets with an Ethernet header of 14 bytes, the last two of which tell the protocol.
fn packets() -> Vec<(&'static str, Vec<u8>)> {
    let packet = |ether_type: u16, rest: &[u8]| {
        [&[0; 12], ether_type.to_be_bytes().as_slice(), rest].concat()
    };
    // Byte 9 of an IPv4 header of 20 bytes is the protocol; of IPv6, byte 6 of 40.
    let ipv4 = |protocol| {
        let mut header = [0; 20];
        (header[0], header[9]) = (0x45, protocol);
        packet(0x0800, &header)
    };
    let mut ipv6 = [0; 40];
    (ipv6[0], ipv6[6], ipv6[9]) = (0x60, 58, 6);
    vec![
        ("IPv4, ICMP", ipv4(1)),
        ("IPv4, UDP", ipv4(17)),
        ("IPv6", packet(0x86dd, &ipv6)),
        ("IPv4, cut off behind the Ethernet header", packet(0x0800, &[])),
        ("IPv4, cut off within its header", ipv4(17)[..32].to_vec()),
    ]
}
