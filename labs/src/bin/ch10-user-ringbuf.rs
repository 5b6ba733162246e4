//! user-ringbuf: records from user space to a program.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::record::{u32_at, u64_at};
use labs::{Lab, Usage, test_run};
use libbpf_rs::UserRingBuffer;

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Sends orders to a program in the kernel, which keeps account of a stock.",
    flags: &[],
};

/// Item and amount of each order. There are items 0 to 3.
const ORDERS: [(u32, i32); 5] = [(0, 10), (2, 5), (0, -3), (7, 1), (3, 8)];

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), user_ringbuf)
}

// ANCHOR: lab
fn user_ringbuf(lab: &Lab) -> Result<()> {
    let object = lab.load(lab.open()?)?;
    let orders = lab.map(&object, "orders")?;
    let ring = UserRingBuffer::new(&orders).context("cannot map the ring buffer")?;
    let _wakeups = lab.observe()?;

    let mut out = io::stdout().lock();
    for (item, amount) in ORDERS {
        let mut record = ring.reserve(8).context("the ring buffer is full")?;
        record[..4].copy_from_slice(&item.to_ne_bytes());
        record[4..8].copy_from_slice(&amount.to_ne_bytes());
        ring.submit(record).context("cannot send an order")?;
    }
    // A record that is too short to be an order.
    let record = ring.reserve(4).context("the ring buffer is full")?;
    ring.submit(record).context("cannot send an order")?;
    writeln!(out, "sent: {} orders, and 4 bytes that are none", ORDERS.len())?;

    for _ in 0..3 {
        let taken = test_run::run(&object, "take_orders", Some(&[0; 60]))?;
        let variable = |name| lab.variable(&object, ".bss", name);
        let stock = variable("stock")?.context("the object has no variable stock")?;
        let stock: Vec<_> =
            (0..4).filter_map(|item| u64_at(&stock, 8 * item)).map(|n| n.cast_signed()).collect();
        let refused = variable("refused")?.and_then(|value| u32_at(&value, 0)).unwrap_or(0);
        writeln!(out, "take_orders returns {taken}: stock={stock:?} refused={refused}")?;
    }
    Ok(())
}
// ANCHOR_END: lab
