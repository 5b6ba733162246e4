//! arena: a list with pointers, made by a program in the kernel and walked by this process.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::record::u64_at;
use labs::{Lab, Usage, test_run};
use libbpf_rs::Object;

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Has a program make a list in memory that it shares with this process; walks the list, changes\n\
            it, and has the program look at it again.",
    flags: &[],
};

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), arena)
}

fn arena(lab: &Lab) -> Result<()> {
    // libbpf puts the arena into the memory of this process, and tells the kernel where.
    let object = lab.load(lab.open()?)?;
    let _wakeups = lab.observe()?;
    let memory = Memory::of_this_process()?;
    let mut out = io::stdout().lock();

    writeln!(out, "make_list returns {}", test_run::run(&object, "make_list", None)?)?;
    let head = number(lab, &object, "head")?;
    writeln!(out, "the list here: {}", memory.list(head)?)?;
    writeln!(out, "add_up in the kernel: {}", add_up(lab, &object)?)?;

    // The third element is written to as any memory of ours: no system call tells the kernel.
    let third = memory.next(memory.next(head)?)?;
    memory.write(third + 8, 30)?;
    writeln!(out, "the list here: {}", memory.list(head)?)?;
    writeln!(out, "add_up in the kernel: {}", add_up(lab, &object)?)?;

    // The second element is left out: the first points to the third.
    memory.write(head, third)?;
    writeln!(out, "the list here: {}", memory.list(head)?)?;
    Ok(writeln!(out, "add_up in the kernel: {}", add_up(lab, &object)?)?)
}

/// Runs the program; the sum, and the largest value if it finds that out as well.
fn add_up(lab: &Lab, object: &Object) -> Result<String> {
    let result = test_run::run(object, "add_up", None)?;
    let sum = number(lab, object, "sum")?;
    let largest = lab.variable(object, ".bss", "largest")?.and_then(|value| u64_at(&value, 0));
    let largest = largest.map_or(String::new(), |largest| format!(", largest={largest}"));
    Ok(format!("returns {result}, sum={sum}{largest}"))
}

fn number(lab: &Lab, object: &Object, name: &str) -> Result<u64> {
    let value = lab.variable(object, ".bss", name)?.and_then(|value| u64_at(&value, 0));
    value.with_context(|| format!("the object has no variable {name}"))
}

/// The memory of this process by addresses, as other languages have it by pointers.
struct Memory(File);

impl Memory {
    fn of_this_process() -> Result<Self> {
        let memory = OpenOptions::new().read(true).write(true).open("/proc/self/mem");
        Ok(Self(memory.context("cannot open our own memory")?))
    }

    fn read(&self, address: u64) -> Result<u64> {
        let mut bytes = [0; 8];
        let read = self.0.read_exact_at(&mut bytes, address);
        read.with_context(|| format!("there is nothing at the address {address:#x}"))?;
        Ok(u64::from_ne_bytes(bytes))
    }

    fn write(&self, address: u64, value: u64) -> Result<()> {
        let written = self.0.write_all_at(&value.to_ne_bytes(), address);
        written.with_context(|| format!("cannot write to the address {address:#x}"))
    }

    /// The member `next` is the first, `value` the second.
    fn next(&self, element: u64) -> Result<u64> {
        self.read(element)
    }

    /// The values of the list that begins there; not more than a few, in case that it has no end.
    fn list(&self, head: u64) -> Result<String> {
        let (mut values, mut element) = (Vec::new(), head);
        while element != 0 && values.len() < 20 {
            values.push(self.read(element + 8)?.to_string());
            element = self.next(element)?;
        }
        Ok(values.join(" -> "))
    }
}
