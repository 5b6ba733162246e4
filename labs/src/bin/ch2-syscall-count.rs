//! syscall-count: how many system calls each command makes; with a map for it, how large its reads are.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use labs::record::{text_at, u32_at, u64_at};
use labs::{Flag, Lab, Usage, Wake, args};
use libbpf_rs::{MapCore, MapFlags, MapType};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Counts the system calls of every command on the machine.",
    flags: &[
        args::EVERY,
        Flag {
            name: "commands",
            value: "NAME,NAME",
            default: "",
            help: "put a `# ` before the lines of all commands but these",
        },
    ],
};

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), syscall_count)
}

fn syscall_count(lab: &Lab) -> Result<()> {
    let every = lab.every()?;
    let object = lab.load(lab.open()?)?;
    let calls = lab.map(&object, "calls")?;
    let read_sizes = lab.map(&object, "read_sizes").ok(); // the exercise makes it
    let links = lab.attach(&object)?;

    let mut wakeups = lab.observe()?;
    while wakeups.wait(every)? != Wake::End {
        print_table(lab, &calls, read_sizes.as_ref())?;
    }
    drop(links);
    print_table(lab, &calls, read_sizes.as_ref())
}

fn print_table(lab: &Lab, calls: &impl MapCore, read_sizes: Option<&impl MapCore>) -> Result<()> {
    let wanted = |command: &str| match lab.flag("commands") {
        "" => "",
        commands if commands.split(',').any(|one| one == command) => "",
        _ => "# ",
    };
    let mut out = io::stdout().lock();
    for (key, count) in sums(calls)? {
        let command = text_at(&key, 0, 16).context("the key of the map calls is no command")?;
        writeln!(out, "{}command={command} calls={count}", wanted(&command))?;
    }
    for (key, count) in read_sizes.map(sums).transpose()?.unwrap_or_default() {
        let slot = || Some((text_at(&key, 0, 16)?, u32_at(&key, 16)?));
        let (command, slot) = slot().context("the key of the map read_sizes is another one")?;
        let mark = wanted(&command);
        writeln!(out, "{mark}command={command} size={} reads={count}", sizes_in(slot))?;
    }
    Ok(writeln!(out)?)
}

/// The keys in order, each with its values on all processors added up.
fn sums(map: &impl MapCore) -> Result<Vec<(Vec<u8>, u64)>> {
    ensure!(map.map_type() == MapType::PercpuHash, "the map is no per-CPU hash");
    let mut sums = Vec::new();
    for key in map.keys() {
        let Some(values) = map.lookup_percpu(&key, MapFlags::ANY)? else { continue };
        sums.push((key, values.iter().filter_map(|value| u64_at(value, 0)).sum()));
    }
    sums.sort();
    Ok(sums)
}

/// The numbers that have this many binary digits.
fn sizes_in(digits: u32) -> String {
    match digits {
        0 | 1 => digits.to_string(),
        2..=64 => {
            let least = 1u64 << (digits - 1);
            format!("{least}..{}", least + (least - 1))
        }
        _ => format!("slot {digits}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_has_the_numbers_of_so_many_digits() {
        let slots = [0, 1, 2, 3, 13, 64, 65].map(sizes_in);
        let expected =
            ["0", "1", "2..3", "4..7", "4096..8191", "9223372036854775808..18446744073709551615"];
        assert_eq!(slots[..6], expected);
        assert_eq!(slots[6], "slot 65");
    }
}
