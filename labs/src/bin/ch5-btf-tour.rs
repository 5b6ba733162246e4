//! btf-tour: what the running kernel says about its types, and what became of it in a program.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::record::{text_at, u64_at};
use labs::types::members_of;
use labs::{Lab, Usage};
use libbpf_rs::HasSize;
use libbpf_rs::btf::Btf;
use libbpf_rs::btf::types::Struct;

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Compares what a program knows of the kernel's types with the kernel's own description.",
    flags: &[],
};

/// The size of `struct fact`: a text of 32 bytes and a number.
const FACT: usize = 40;

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), btf_tour)
}

fn btf_tour(lab: &Lab) -> Result<()> {
    let object = lab.load(lab.open()?)?;
    let links = lab.attach(&object)?;
    lab.observe()?;
    let _ = rustix::process::getppid(); // the event
    drop(links);

    // The kernel's types: /sys/kernel/btf/vmlinux.
    let kernel = Btf::from_vmlinux().context("the kernel carries no types")?;
    let facts = lab.variable(&object, ".bss", "facts")?.context("the object has no facts")?;
    let mut out = io::stdout().lock();
    for fact in facts.chunks_exact(FACT) {
        let about = text_at(fact, 0, 32).unwrap_or_default();
        let (Some(program), false) = (u64_at(fact, 32), about.is_empty()) else { continue };
        let answer = match look_up(&kernel, &about) {
            Some(known) if known == program => "the program and the kernel agree",
            Some(_) => "the program has another number than the kernel",
            None => "the kernel has no such thing",
        };
        writeln!(out, "{about}: {answer}")?;
        writeln!(out, "# {about}: {program} bytes")?;
    }
    writeln!(out, "# the kernel describes {} types", kernel.len())?;
    Ok(())
}

/// The size of `STRUCT`, or the offset of `STRUCT.MEMBER`, in bytes.
fn look_up(kernel: &Btf<'_>, about: &str) -> Option<u64> {
    let (name, member) = about.split_once('.').unwrap_or((about, ""));
    let structure = kernel.type_by_name::<Struct<'_>>(name)?;
    if member.is_empty() {
        return Some(structure.size() as u64);
    }
    let members = members_of(kernel, &structure);
    members.iter().find(|known| known.name == member).map(|known| known.offset as u64)
}
