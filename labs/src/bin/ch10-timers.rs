//! timers: a program sets an alarm, and the kernel calls a function of it when the time has come.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use labs::record::{u32_at, u64_at};
use labs::{Lab, Usage, test_run};
use libbpf_rs::{MapCore, MapFlags, Object};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Has a program set an alarm that sets itself again, and shows when it has gone off.",
    flags: &[],
};

/// How often the alarm is to go off.
const TIMES: usize = 3;
/// How long to wait for the next time.
const PATIENCE: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), timers)
}

// ANCHOR: lab
fn timers(lab: &Lab) -> Result<()> {
    let object = lab.load(lab.open()?)?;
    let _wakeups = lab.observe()?;
    // The program needs something to run on; it does not look at it.
    let result = test_run::run(&object, "set_alarm", Some(&[0; 60]))?;
    writeln!(io::stdout(), "set_alarm returns {result}")?;

    let mut fired = 0;
    let mut since = Instant::now();
    while fired < TIMES && since.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(10));
        let now = fired_so_far(lab, &object)?;
        if now != fired {
            (fired, since) = (now, Instant::now());
        }
    }
    std::thread::sleep(Duration::from_millis(200)); // does it go off once more?
    let fired = fired_so_far(lab, &object)?;

    let [set, gone_off, delays] =
        ["set_at", "gone_off_at", "delays"].map(|name| numbers(lab, &object, name));
    let (set, gone_off, delays) = (set?, gone_off?, delays?);
    let mut out = io::stdout().lock();
    for number in 0..TIMES.min(fired) {
        let delay = Duration::from_nanos(delays[number]);
        let took = Duration::from_nanos(gone_off[number].saturating_sub(set[number]));
        let when = if took >= delay { "not before its time" } else { "too early" };
        writeln!(out, "alarm {}: after {} ms, {when}", number + 1, delay.as_millis())?;
        writeln!(out, "# alarm {} took {} us", number + 1, took.as_micros())?;
    }
    Ok(writeln!(out, "gone off: {fired} times")?)
}
// ANCHOR_END: lab

/// The member `fired` of the alarm, behind the timer and the delay.
fn fired_so_far(lab: &Lab, object: &Object) -> Result<usize> {
    let alarm = lab.map(object, "alarms")?.lookup(&0u32.to_ne_bytes(), MapFlags::ANY)?;
    let fired = alarm.and_then(|alarm| u32_at(&alarm, 24)).context("there is no alarm")?;
    Ok(fired as usize)
}

fn numbers(lab: &Lab, object: &Object, name: &str) -> Result<[u64; TIMES]> {
    let value = lab.variable(object, ".bss", name)?;
    let value = value.with_context(|| format!("the object has no variable {name}"))?;
    Ok(std::array::from_fn(|index| u64_at(&value, 8 * index).unwrap_or(0)))
}
