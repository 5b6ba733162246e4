//! hello-func: a function of a BPF program, called by one program and put into another.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::loaded::Loaded;
use labs::record::{u32_at, u64_at};
use labs::{Lab, Usage, Wake};
use libbpf_rs::{MapCore, MapFlags};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Counts program starts by a function that is called and by one that is inlined, and shows\n\
            what the kernel made of the two programs.",
    flags: &[],
};

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), hello_func)
}

fn hello_func(lab: &Lab) -> Result<()> {
    let object = lab.load(lab.open()?)?;
    let mut out = io::stdout();
    for program in object.progs() {
        let loaded = Loaded::ask(&program)?;
        out.write_all(loaded.listing().as_bytes())?;
        let functions: Vec<_> = loaded.functions.iter().map(|it| it.name.as_str()).collect();
        writeln!(out, "{}: functions {}", program.name().display(), functions.join(", "))?;
        // How far a call jumps depends on the compiler, so the number is left to the listing.
        for called in loaded.calls() {
            writeln!(out, "{}: call pc+N to {}", program.name().display(), called.name)?;
        }
    }

    let links = lab.attach(&object)?;
    let mut wakeups = lab.observe()?;
    while wakeups.wait(None)? != Wake::End {}
    drop(links);
    print_counts(&lab.map(&object, "execs")?)
}

/// One line for each user and way of counting.
fn print_counts(execs: &impl MapCore) -> Result<()> {
    let mut rows = Vec::new();
    for key in execs.keys() {
        let Some(value) = execs.lookup(&key, MapFlags::ANY)? else { continue };
        let row = || Some((u32_at(&key, 0)?, u32_at(&key, 4)?, u64_at(&value, 0)?));
        rows.push(row().context("the map execs has other types")?);
    }
    rows.sort();
    for (uid, how, count) in rows {
        let how = if how == 0 { "called" } else { "inlined" };
        writeln!(io::stdout(), "uid={uid} {how}={count}")?;
    }
    Ok(())
}
