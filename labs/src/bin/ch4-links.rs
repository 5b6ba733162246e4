//! links: what a link between a program and an interface is, step by step.

use std::fs;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use labs::elf::Elf;
use labs::record::u32_at;
use labs::{Lab, Usage, bpffs, network};
use libbpf_rs::query::LinkTypeInfo;
use libbpf_rs::{Link, MapCore, MapFlags, Object, Program, ProgramMut, Xdp, XdpFlags};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Makes a link between a program and a loopback interface of its own, and changes it step by\n\
            step. Three packets are sent after each.",
    flags: &[],
};

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), links)
}

// ANCHOR: steps
fn links(lab: &Lab) -> Result<()> {
    bpffs::own()?;
    network::leave()?; // nobody else's packets are counted
    let lo = network::loopback_index()?;
    let pin = format!("{}/link", bpffs::PLACE);
    let bytes = lab.object_bytes()?;
    let object = lab.load(lab.open()?)?;
    let (first, second) = (program(&object, "first")?, program(&object, "second")?);
    let packets = Packets { elf: Elf::parse(&bytes)?, lab, object: &object };

    let mut link = lab.attach_with(&object, "first", |program| program.attach_xdp(lo))?;
    lab.observe()?;
    step("create a link from lo to first", Ok(()))?;
    describe(&link, &object)?;
    packets.send()?;

    step("create a second link from lo", second.attach_xdp(lo).map(drop))?;

    step("update the link to second", link.update_prog(&second))?;
    describe(&link, &object)?;
    packets.send()?;

    step("detach the link, and keep it", link.detach())?;
    describe(&link, &object)?;
    packets.send()?;

    step("update the detached link to first", link.update_prog(&first))?;
    drop(link);

    let mut link = first.attach_xdp(lo).context("cannot make another link")?;
    step("create another link from lo to first, and pin it", link.pin(&pin))?;
    drop(link);
    step("close the link", Ok(()))?;
    packets.send()?;

    let link = Link::open(&pin).context("cannot open the pinned link")?;
    step("open the pin", Ok(()))?;
    describe(&link, &object)?;
    drop(link);

    fs::remove_file(&pin)?;
    wait_until_free(lo, &first)?;
    step("remove the pin", Ok(()))?;
    packets.send()
}
// ANCHOR_END: steps

fn program<'a>(object: &'a Object, name: &str) -> Result<ProgramMut<'a>> {
    let found = object.progs_mut().find(|program| program.name() == name);
    found.with_context(|| format!("the object has no program {name}"))
}

/// Says what was done, or why it was refused.
fn step(what: &str, result: libbpf_rs::Result<()>) -> Result<()> {
    let answer = match result {
        Ok(()) => "done".into(),
        Err(error) => {
            let error = anyhow::Error::from(error);
            format!(
                "refused: {}",
                error.root_cause().to_string().split(" (os").next().unwrap_or("?")
            )
        }
    };
    Ok(writeln!(io::stdout(), "{what}: {answer}")?)
}

/// Prints what the kernel knows about a link.
fn describe(link: &Link, object: &Object) -> Result<()> {
    let info = link.info().context("cannot ask for the link")?;
    let mut named = "a program of somebody else".to_owned();
    for program in object.progs() {
        if Program::id_from_fd(program.as_fd())? == info.prog_id {
            named = program.name().display().to_string();
        }
    }
    let (kind, place) = match info.info {
        LinkTypeInfo::Xdp(xdp) if xdp.ifindex == 0 => ("xdp", "nothing".to_owned()),
        LinkTypeInfo::Xdp(xdp) => ("xdp", format!("interface {}", xdp.ifindex)),
        _ => ("other", "?".to_owned()),
    };
    let mut out = io::stdout().lock();
    writeln!(out, "  link: type {kind}, program {named}, attached to {place}")?;
    Ok(writeln!(out, "# its id is {}", info.id)?)
}

/// Sends packets, and reads the global variables that count them.
struct Packets<'a> {
    elf: Elf<'a>,
    lab: &'a Lab,
    object: &'a Object,
}

impl Packets<'_> {
    fn send(&self) -> Result<()> {
        network::send_packets(3)?;
        let globals = self.lab.map(self.object, ".bss")?;
        let globals = globals.lookup(&0u32.to_ne_bytes(), MapFlags::ANY)?.unwrap_or_default();
        let mut variables = self.elf.symbols(".bss");
        variables.sort_by(|a, b| a.name.cmp(&b.name));
        let mut counts = Vec::new();
        for variable in variables {
            let value = u32_at(&globals, variable.offset).context("a variable is too short")?;
            counts.push(format!("{}={value}", variable.name));
        }
        Ok(writeln!(io::stdout(), "  3 packets: {}\n", counts.join(" "))?)
    }
}

/// When a pin is removed, the kernel frees what nobody refers to any more, a little later. The
/// interface says when it has no program.
fn wait_until_free(interface: i32, program: &ProgramMut<'_>) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(5);
    while Xdp::new(program.as_fd()).query_id(interface, XdpFlags::NONE)? != 0 {
        ensure!(Instant::now() < deadline, "the link stays, though nobody refers to it");
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}
