//! perf-sample: where a thread spends its time, found out by looking a thousand times a second.

use std::collections::BTreeMap;
use std::fs::File;
use std::hint::black_box;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use labs::record::{u32_at, u64_at};
use labs::{Lab, Usage, cpu_clock};
use libbpf_rs::{MapCore, MapFlags, Object};
use rustix::time::{ClockId, clock_gettime};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Works in two functions, three times as long in one as in the other, and finds that out by\n\
            samples of its stack.",
    flags: &[],
};

/// The time between two samples.
const PERIOD: Duration = Duration::from_millis(1);
/// How many samples to wait for. On a busy machine the clock misses some ticks.
const ENOUGH: u64 = 300;
/// How long to wait for them at most, in time on a processor.
const PATIENCE: Duration = Duration::from_secs(3);
/// The work is divided into rounds of this length, so that a busy machine slows both functions down.
const ROUND: Duration = Duration::from_millis(5);

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), perf_sample)
}

// The three do different things: functions with the same code might become one.

#[inline(never)]
extern "C" fn work_long(times: u64) -> u64 {
    (0..times).fold(1, |sum, number| black_box(sum ^ number).rotate_left(7))
}

#[inline(never)]
extern "C" fn work_short(times: u64) -> u64 {
    (0..times).fold(2, |sum, number| black_box(sum ^ number).rotate_left(9))
}

#[inline(never)]
extern "C" fn never_called(times: u64) -> u64 {
    (0..times).fold(3, |sum, number| black_box(sum ^ number).rotate_left(11))
}

type Function = extern "C" fn(u64) -> u64;
const FUNCTIONS: [(&str, Function); 3] =
    [("work_long", work_long), ("work_short", work_short), ("never_called", never_called)];
/// More than one of these functions has, in bytes.
const LARGEST: u64 = 64;

// ANCHOR: lab
fn perf_sample(lab: &Lab) -> Result<()> {
    let object = lab.load(lab.open()?)?;
    let clock = cpu_clock::of_this_thread(PERIOD).context("cannot make a clock")?;
    let link =
        lab.attach_with(&object, "sample", |program| program.attach_perf_event(clock.as_raw_fd()))?;
    let _wakeups = lab.observe()?;

    let in_kernel = || -> Result<Option<u64>> {
        let value = lab.variable(&object, ".bss", "in_kernel")?;
        Ok(value.and_then(|value| u64_at(&value, 0)))
    };
    let samples = || Ok(counts(lab, &object)?.values().sum());
    let before = in_kernel()?;
    work(samples)?;
    let (counts, between) = (counts(lab, &object)?, in_kernel()?);
    if let (Some(before), Some(between)) = (before, between) {
        let since = || Ok(in_kernel()?.unwrap_or(0) - between);
        read_zeros(since)?;
        print_in_kernel(between - before, since()?)?;
    }
    drop(link);
    print_counts(&counts)
}
// ANCHOR_END: lab

/// Works in the two functions, three parts in one and one in the other, until there are enough samples.
fn work(samples: impl Fn() -> Result<u64>) -> Result<()> {
    let run = |times| {
        black_box(FUNCTIONS[0].1)(3 * times);
        black_box(FUNCTIONS[1].1)(times);
    };
    let (mut times, start) = (1000, time_on_processor());
    // So many times that a round takes some milliseconds on this machine.
    loop {
        let began = time_on_processor();
        run(times);
        if time_on_processor() - began > ROUND {
            break;
        }
        times *= 2;
    }
    while samples()? < ENOUGH && time_on_processor() - start < PATIENCE {
        (0..10).for_each(|_| run(times));
    }
    Ok(())
}

/// The time that this thread has used a processor: what the clock of the samples counts.
fn time_on_processor() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Has the kernel work for us, until there are enough samples: it fills memory with zeros.
fn read_zeros(samples: impl Fn() -> Result<u64>) -> Result<()> {
    let (mut zeros, mut buffer) = (File::open("/dev/zero")?, vec![0; 1 << 20]);
    let start = time_on_processor();
    while samples()? < ENOUGH && time_on_processor() - start < PATIENCE {
        for _ in 0..10 {
            zeros.read_exact(&mut buffer)?;
        }
    }
    Ok(())
}

// ANCHOR: counts
/// The number of samples by the function that ran: the first address of the stack tells it.
fn counts(lab: &Lab, object: &Object) -> Result<BTreeMap<&'static str, u64>> {
    let (samples, stacks) = (lab.map(object, "samples")?, lab.map(object, "stacks")?);
    let mut counts = BTreeMap::new();
    for key in samples.keys() {
        let count = samples.lookup(&key, MapFlags::ANY)?.and_then(|value| u64_at(&value, 0));
        let address = stacks.lookup(&key, MapFlags::ANY)?.and_then(|stack| u64_at(&stack, 0));
        let count = count.with_context(|| format!("no count of stack {:?}", u32_at(&key, 0)))?;
        *counts.entry(name_of(address.unwrap_or(0))).or_default() += count;
    }
    Ok(counts)
}

fn name_of(address: u64) -> &'static str {
    let has = |function: Function| address.wrapping_sub(function as usize as u64) < LARGEST;
    // The nearest beginning below the address: the functions are smaller than the distance allowed.
    let inside = FUNCTIONS.iter().filter(|(_, function)| has(*function));
    let nearest = inside.max_by_key(|(_, function)| *function as usize);
    nearest.map_or("elsewhere", |(name, _)| name)
}
// ANCHOR_END: counts

/// Numbers of samples are never the same twice. What they say is.
fn print_counts(counts: &BTreeMap<&'static str, u64>) -> Result<()> {
    let of = |name| counts.get(name).copied().unwrap_or(0);
    let (long, short, all) = (of("work_long"), of("work_short"), counts.values().sum::<u64>());
    let mut out = io::stdout().lock();
    for (name, count) in counts {
        writeln!(out, "# {count} samples in {name}")?;
    }
    let enough = if all >= ENOUGH { "enough" } else { "too few" };
    writeln!(out, "samples: {enough}")?;
    let share = if (long + short) * 2 > all { "most" } else { "not most" };
    writeln!(out, "in work_long and work_short: {share}")?;
    let ratio = match long * 10 / short.max(1) {
        _ if short == 0 => "not known",
        ..18 => "less than twice",
        18..50 => "about three times",
        _ => "five times or more",
    };
    writeln!(out, "work_long against work_short: {ratio} as many")?;
    Ok(writeln!(out, "never_called: {}", of("never_called"))?)
}

/// The variable of the exercise, for each kind of work.
fn print_in_kernel(working: u64, reading: u64) -> Result<()> {
    let much = |count| if count > ENOUGH / 3 { "many" } else { "few" };
    let mut out = io::stdout().lock();
    writeln!(out, "# {working} samples in the kernel while working, {reading} while reading")?;
    writeln!(out, "in the kernel while working: {}", much(working))?;
    Ok(writeln!(out, "in the kernel while reading zeros: {}", much(reading))?)
}
