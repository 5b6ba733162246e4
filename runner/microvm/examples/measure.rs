//! Measures what a machine costs, and what the parts of that are; `scripts/bench` calls it:
//!
//! `cargo run --release -p microvm --example measure -- LABEL IMAGE MODULES AGENT CACHE RUNS`
//!
//! Prints a line for each figure, `NAME MEDIAN FASTEST`, in microseconds.

use std::error::Error;
use std::fs::{self, File};
use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lz4_flex::frame::FrameDecoder;
use microvm::{Blueprint, Template, program};

const SOON: Duration = Duration::from_secs(20);

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [label, kernel, modules, agent, cache, runs] = &words[..] else {
        return Err("usage: measure LABEL IMAGE MODULES AGENT CACHE RUNS".into());
    };
    let runs: usize = runs.parse()?;
    let blueprint = Blueprint {
        label: label.into(),
        kernel: kernel.into(),
        modules: Some(modules.into()),
        agent: agent.into(),
        memory_mib: 256,
        cache: cache.into(),
    };
    let template = blueprint.template(&mut |progress| eprintln!("{progress:?}"))?;
    // The size of a lab's program.
    let program = fs::read(agent)?;
    let mut all: Vec<Figures> = Vec::new();
    for _ in 0..=runs {
        all.push(Figures::take(&template, &program)?);
    }
    // The first one warms up.
    all.remove(0);
    for (at, name) in NAMES.iter().enumerate() {
        let mut times: Vec<u128> = all.iter().map(|figures| figures.0[at].as_micros()).collect();
        times.sort_unstable();
        println!("{name} {} {}", (times[(runs - 1) / 2] + times[runs / 2]) / 2, times[0]);
    }
    Ok(())
}

const NAMES: [&str; 6] = ["qemu-links", "unpack", "restore", "put", "run", "end"];

/// How long each took.
struct Figures([Duration; NAMES.len()]);

impl Figures {
    fn take(template: &Template, data: &[u8]) -> Result<Self, Box<dyn Error>> {
        // Nothing but the dynamic linker and the beginning of `main`.
        let version = || Command::new(program()).arg("--version").stdout(Stdio::null()).status();
        let (links, _) = timed(|| Ok(version()?))?;
        // With nobody who takes it.
        let (unpack, _) = timed(|| {
            let file = File::open(template.file().path())?;
            Ok(io::copy(&mut FrameDecoder::new(file), &mut io::sink())?)
        })?;
        let (restore, mut machine) = timed(|| {
            let mut machine = template.restore()?;
            machine.ready(SOON)?;
            Ok(machine)
        })?;
        let (put, _) = timed(|| {
            machine.put("/measure/program", 0o755, data.to_vec())?;
            // Done in order: what fails has been tried, and so has what was asked before.
            Ok(machine.run(&["/no/such/program"], &[], SOON).is_err())
        })?;
        // The agent refuses to be anything but a machine's first process: it starts, says so, and ends.
        let (run, _) = timed(|| Ok(machine.run(&["/measure/program"], &[], SOON)?))?;
        let (end, ()) = timed(|| {
            drop(machine);
            Ok(())
        })?;
        Ok(Self([links, unpack, restore, put, run, end]))
    }
}

fn timed<T>(
    act: impl FnOnce() -> Result<T, Box<dyn Error>>,
) -> Result<(Duration, T), Box<dyn Error>> {
    let start = Instant::now();
    let done = act()?;
    Ok((start.elapsed(), done))
}
