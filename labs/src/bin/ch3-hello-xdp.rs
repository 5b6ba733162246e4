//! hello-xdp: a trace line for every packet on an interface, and their number.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::record::u32_at;
use labs::{Flag, Lab, TracePipe, Usage, Wake};
use libbpf_rs::{MapCore, MapFlags};
use rustix::net::{AddressFamily, SocketType, netdevice, socket};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Prints a trace line for every packet that arrives at an interface, and counts them.",
    flags: &[Flag {
        name: "interface",
        value: "NAME",
        default: "lo",
        help: "the network interface to attach to",
    }],
};

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), hello_xdp)
}

// ANCHOR: lab
fn hello_xdp(lab: &Lab) -> Result<()> {
    let interface = lab.flag("interface");
    let object = lab.load(lab.open()?)?;
    // A packet belongs to no process, so lines of other programs are told by their text.
    let mut trace = TracePipe::open_for(&object)?;
    let index = index_of(interface)?;
    let link = lab.attach_with(&object, "hello", |program| program.attach_xdp(index as i32))?;

    let mut wakeups = lab.observe()?;
    while wakeups.wait(Some(TracePipe::TICK))? != Wake::End {
        trace.print()?;
    }
    drop(link);
    trace.print_rest()?;

    // All globals that start as zero are in one value of one entry; `counter` is the only one.
    let globals = lab.map(&object, ".bss")?;
    let values = globals.lookup(&0u32.to_ne_bytes(), MapFlags::ANY)?;
    let counter = values.and_then(|values| u32_at(&values, 0)).context("cannot read counter")?;
    Ok(writeln!(io::stdout(), "counter={counter}")?)
}
// ANCHOR_END: lab

/// The number by which the kernel knows the interface.
fn index_of(interface: &str) -> Result<u32> {
    let any = socket(AddressFamily::INET, SocketType::DGRAM, None)?;
    netdevice::name_to_index(any, interface)
        .with_context(|| format!("cannot find the interface {interface}"))
}
