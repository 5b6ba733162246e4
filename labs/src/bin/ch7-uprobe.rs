//! uprobe: programs in the kernel at functions of this very process.

use std::cell::RefCell;
use std::ffi::{CString, c_char};
use std::hint::black_box;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use labs::own_function::offset_in_file;
use labs::record::{text_at, u64_at};
use labs::{Lab, Usage, marker};
use libbpf_rs::{Link, ProgramMut, RingBufferBuilder};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Sells a few things, and shows what programs at its own functions see of that.",
    flags: &[],
};

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), uprobe)
}

// ANCHOR: lab
/// The price of some things. `extern "C"` fixes where the arguments are.
#[inline(never)]
extern "C" fn price(_item: *const c_char, units: u32, each: u32) -> u32 {
    black_box(units) * black_box(each)
}

/// What is taken off. No program is attached here, at first.
#[inline(never)]
extern "C" fn discount(total: u32, percent: u32) -> u32 {
    black_box(total) - black_box(total) * black_box(percent) / 100
}

fn sell(item: &CString, units: u32, each: u32) -> u32 {
    let total = black_box(price as PriceOf)(item.as_ptr(), units, each);
    marker::sold(units.into(), total.into());
    black_box(discount as DiscountOf)(total, 10)
}

type PriceOf = extern "C" fn(*const c_char, u32, u32) -> u32;
type DiscountOf = extern "C" fn(u32, u32) -> u32;

fn uprobe(lab: &Lab) -> Result<()> {
    let object = lab.load(lab.open()?)?;
    let sightings = lab.map(&object, "sightings")?;
    let records = RefCell::new(Vec::new());
    let mut builder = RingBufferBuilder::new();
    builder.add(&sightings, |record| {
        records.borrow_mut().push(record.to_vec());
        0
    })?;
    let ring = builder.build().context("cannot map the ring buffer")?;

    let mut links = Vec::new();
    for name in object.progs().map(|program| program.name().to_string_lossy().into_owned()) {
        let function = match name.rsplit_once('_').map(|(function, _)| function) {
            Some("price") => Some(price as PriceOf as usize),
            Some("discount") => Some(discount as DiscountOf as usize),
            Some("sold") => None,
            _ => bail!("{name} does not begin with the name of a function: price_, discount_"),
        };
        links.push(lab.attach_with(&object, &name, |program| attach(program, function))?);
    }
    let _wakeups = lab.observe()?;

    let mut out = io::stdout().lock();
    for (item, units, each) in [("apples", 3, 7), ("pears", 10, 25)] {
        let paid = sell(&CString::new(item)?, units, each);
        ring.consume().context("cannot read the ring buffer")?;
        writeln!(out, "sold {units} {item} at {each}, paid {paid}")?;
        for record in records.take() {
            writeln!(out, "  {}", sighting(&record).context("a record is too short")?)?;
        }
    }
    Ok(())
}

/// At a function, or, without one, at the marker. In both cases for this process only.
fn attach(program: &ProgramMut<'_>, function: Option<usize>) -> libbpf_rs::Result<Link> {
    let (this, pid) = ("/proc/self/exe", std::process::id() as i32);
    let Some(address) = function else {
        return program.attach_usdt(pid, this, "workbook", "sold");
    };
    let offset = offset_in_file(address)
        .map_err(|error| libbpf_rs::Error::from(io::Error::other(error.to_string())))?;
    let at_return = program.section() == "uretprobe";
    program.attach_uprobe(at_return, pid, this, offset)
}
// ANCHOR_END: lab

/// `struct sighting`, as a line.
fn sighting(record: &[u8]) -> Option<String> {
    let (numbers, what) = ([u64_at(record, 0)?, u64_at(record, 8)?], text_at(record, 16, 24)?);
    let item = text_at(record, 40, 16)?;
    Some(format!("{what:16} {:>4} {:>4} {item}", numbers[0], numbers[1]).trim_end().to_owned())
}
