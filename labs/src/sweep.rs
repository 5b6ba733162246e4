//! A burst of events into ring buffers of every size, the reader at work meanwhile.

use std::cell::Cell;
use std::io::{self, Write};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use libbpf_rs::{Link, MapCore, MapFlags, Object, RingBufferBuilder};

use crate::Lab;
use crate::record::{u32_at, u64_at};

/// The sizes in bytes: powers of two, from a page to 16 MiB.
fn sizes() -> impl Iterator<Item = u32> {
    (12..=24).map(|power| 1 << power)
}

/// Has `program` (of the lab's object, attached to getppid) send `events` records to the ring buffer
/// `burst`, once for each size, and prints for each what became of them. The map `tallies` has, for our
/// process, how many were sent and how many of these were refused.
///
/// # Errors
/// The object cannot be loaded or attached, or is another one.
pub fn sweep(lab: &Lab, program: &str, events: u64) -> Result<()> {
    for size in sizes() {
        let (object, _link) = prepare(lab, program, size)?;
        let received = Cell::new(0);
        let burst = lab.map(&object, "burst")?;
        let mut builder = RingBufferBuilder::new();
        builder.add(&burst, |record| {
            let ours = u32_at(record, 0) == Some(std::process::id());
            received.set(received.get() + u64::from(ours));
            0
        })?;
        let ring = builder.build().context("cannot map the ring buffer")?;

        let took = thread::scope(|scope| -> Result<Duration> {
            let sender = scope.spawn(|| {
                let start = Instant::now();
                (0..events).for_each(|_| {
                    let _ = rustix::process::getppid();
                });
                start.elapsed()
            });
            while !sender.is_finished() {
                ring.consume().context("cannot read the ring buffer")?;
                thread::yield_now(); // with one processor, the sender cannot send while we look
            }
            sender.join().ok().context("the sender failed")
        })?;
        ring.consume().context("cannot read the ring buffer")?; // what came since the last look

        let (sent, lost) = tally(lab, &object)?;
        let (received, rate) = (received.get(), events as f64 / took.as_secs_f64());
        let mut out = io::stdout();
        writeln!(out, "size={size} sent={sent} received+lost={}", received + lost)?;
        writeln!(out, "# size={size} received={received} lost={lost} events/s={rate:.0}")?;
    }
    Ok(())
}

/// Loads the object with a ring of this size, and attaches the one program.
fn prepare(lab: &Lab, program: &str, size: u32) -> Result<(Object, Link)> {
    let mut object = lab.open()?;
    let burst = object.maps_mut().find(|map| map.name() == "burst");
    burst.context("there is no map burst")?.set_max_entries(size)?;
    let object = lab.load(object)?;
    let link = lab.attach_with(&object, program, |program| program.attach())?;
    Ok((object, link))
}

/// What our process sent, and what of it was refused.
fn tally(lab: &Lab, object: &Object) -> Result<(u64, u64)> {
    let key = std::process::id().to_ne_bytes();
    let tally = lab.map(object, "tallies")?.lookup(&key, MapFlags::ANY)?;
    let tally = tally.context("the map tallies has no entry of ours: nothing was sent")?;
    Option::zip(u64_at(&tally, 0), u64_at(&tally, 8)).context("the map tallies has other types")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_powers_of_two_up_to_16_mib() {
        let sizes: Vec<_> = sizes().collect();
        assert_eq!(sizes.len(), 13);
        assert_eq!((sizes[0], sizes[12]), (4096, 16 * 1024 * 1024));
        assert!(sizes.iter().all(|size| size.is_power_of_two()));
    }
}
