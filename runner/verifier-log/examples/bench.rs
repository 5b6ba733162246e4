//! How fast logs are read, and how much memory that takes.
//!
//! ```sh
//! cargo run --release -p verifier-log --example bench            # a table
//! cargo run --release -p verifier-log --example bench -- parse   # one number, for scripts/bench
//! ```
//!
//! The log is made of the recorded ones, 27 MB of them, in the proportions of a program that is too
//! large at log level 2: instructions with states, branches, source lines.

use std::{alloc::System, fs, hint::black_box, time::Duration};

use verifier_log::{Log, explain::explain};

#[path = "bench/counting.rs"]
mod counting;

#[global_allocator]
static ALLOCATOR: counting::Counting<System> = counting::Counting::new(System);

/// Bytes of the log.
const SIZE: usize = 27_000_000;

fn main() {
    let text = log();
    let mut times = Vec::new();
    let mut peak = 0;
    for _ in 0..7 {
        let before = ALLOCATOR.start();
        let begin = clock();
        let log = Log::parse(&text);
        black_box(log.items().len());
        times.push(clock() - begin);
        peak = peak.max(ALLOCATOR.peak().saturating_sub(before));
    }
    times.sort();
    let parse = times[times.len() / 2];

    let begin = clock();
    let log = Log::parse(&text);
    let failure = log.failure().expect("the log ends with a failure");
    let explanation = explain(&log, &failure, None).expect("which is explained");
    let whole = clock() - begin;

    let megabytes = text.len() as f64 / 1e6;
    match std::env::args().nth(1).as_deref() {
        Some("parse") => println!("{}", parse.as_micros()),
        Some("explain") => println!("{}", whole.as_micros()),
        Some("memory") => println!("{}", (text.len() + peak) / 1_000),
        _ => {
            println!("log       {megabytes:.1} MB, {} items", log.items().len());
            println!("parse     {parse:.0?}, {:.0} MB/s", megabytes / parse.as_secs_f64());
            println!("explain   {whole:.0?} with parsing: {}", explanation.title);
            println!(
                "memory    {:.2} times the input, the input included",
                (text.len() + peak) as f64 / text.len() as f64
            );
        }
    }
}

/// Time that this thread had a processor, so that other work of the machine does not count.
fn clock() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let nanoseconds = text.split(' ').next().and_then(|field| field.parse().ok());
    Duration::from_nanos(nanoseconds.expect("a number"))
}

/// The walks of recorded programs again and again, and the one that fails last.
fn log() -> String {
    let walks = [
        include_str!("../tests/logs/6.12/steps.level2.log"),
        include_str!("../tests/logs/7.3/steps.level2.log"),
        include_str!("../tests/logs/6.1/steps.level2.log"),
    ];
    let last = include_str!("../tests/logs/6.12/map-bounds.log");
    let mut text = String::with_capacity(SIZE + 20_000);
    while text.len() < SIZE {
        for walk in walks {
            let end = walk.find("processed ").unwrap_or(walk.len());
            text.push_str(&walk[..end]);
        }
    }
    text + last
}
