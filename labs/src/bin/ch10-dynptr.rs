//! dynptr: records as long as what is in them.

use std::cell::RefCell;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::record::u32_at;
use labs::{Lab, Usage, test_run};
use libbpf_rs::RingBufferBuilder;

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Runs a program on packets of several sizes, which sends each as a record of its size.",
    flags: &[],
};

const SIZES: [usize; 5] = [14, 60, 255, 256, 300];

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), dynptr)
}

// ANCHOR: lab
fn dynptr(lab: &Lab) -> Result<()> {
    let object = lab.load(lab.open()?)?;
    let ring = lab.map(&object, "records")?;
    let records = RefCell::new(Vec::new());
    let mut builder = RingBufferBuilder::new();
    builder.add(&ring, |record| {
        records.borrow_mut().push(record.to_vec());
        0
    })?;
    let ring = builder.build().context("cannot map the ring buffer")?;
    let _wakeups = lab.observe()?;

    let mut out = io::stdout().lock();
    for size in SIZES {
        let packet: Vec<u8> = (0..size).map(|index| index as u8 ^ 0xa5).collect();
        let result = test_run::run(&object, "copy_packet", Some(&packet))?;
        ring.consume().context("cannot read the ring buffer")?;
        let records: Vec<_> = records.take().iter().map(|record| text(record, &packet)).collect();
        let records = if records.is_empty() { "no record".into() } else { records.join(", ") };
        writeln!(out, "packet of {size} bytes: returns {result}, {records}")?;
    }
    Ok(())
}
// ANCHOR_END: lab

/// What is in a record.
fn text(record: &[u8], packet: &[u8]) -> String {
    let size = record.len();
    let content = match record.strip_suffix(packet) {
        Some([]) => "the packet".to_owned(),
        Some(header) => match u32_at(header, 0).filter(|_| header.len() == 4) {
            Some(number) => format!("the number {number} and the packet"),
            None => format!("{} bytes and the packet", header.len()),
        },
        None => "something else".to_owned(),
    };
    format!("record of {size} bytes: {content}")
}
