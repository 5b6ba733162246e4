//! raw-bpf: maps and a program by the bpf() system call alone, and its answer to bad calls.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use labs::elf::Elf;
use labs::insn;
use labs::record::{text_at, u32_at, u64_at};
use labs::sys_bpf::{self, ARRAY, EXIST, HASH, MAP_CREATE, Map, MapKind, NOEXIST, RDONLY};
use labs::{Flag, Lab, Usage};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Makes maps and loads a program with the bpf() system call itself, without libbpf; then makes\n\
            calls that the kernel must refuse.",
    flags: &[Flag {
        name: "only",
        value: "CALL",
        default: "",
        help: "next-id: make this one call and end",
    }],
};

/// A user who may nothing: nobody.
const NOBODY: u32 = 65_534;

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), |lab| match lab.flag("only") {
        "next-id" => print("MAP_GET_NEXT_ID as another user", sys_bpf::first_map_id()),
        _ => raw_bpf(lab),
    })
}

fn raw_bpf(lab: &Lab) -> Result<()> {
    lab.mark("open");
    let bytes = lab.object_bytes()?;
    let elf = Elf::parse(&bytes)?;
    lab.mark("load");
    let hash = MapKind { kind: HASH, key: 4, value: 8, entries: 3, flags: 0 };
    let map = sys_bpf::map_create(hash, MAP_CREATE).context("cannot make a map")?;
    lab.observe()?;

    use_map(&map)?;
    load(&elf)?;
    read_all(&elf)?;
    refused(hash, &map)
}

fn use_map(map: &Map) -> Result<()> {
    say("a hash table with room for 3")?;
    for key in 1..=3u32 {
        let updated = map.update(&key.to_ne_bytes(), &u64::from(key * 10).to_ne_bytes(), NOEXIST);
        print(&format!("MAP_UPDATE_ELEM {key} -> {}", key * 10), updated.map(|()| "done"))?;
    }
    print("MAP_LOOKUP_ELEM 2", map.lookup(&2u32.to_ne_bytes()).map(|value| number(&value)))?;
    print("MAP_DELETE_ELEM 2", map.delete(&2u32.to_ne_bytes()).map(|()| "done"))?;

    // The order of a hash table is its own.
    let (mut keys, mut last) = (Vec::new(), None);
    while let Ok(key) = map.next_key(last.as_deref()) {
        keys.push(u32_at(&key, 0));
        last = Some(key);
    }
    keys.sort();
    let keys: Vec<_> = keys.into_iter().flatten().map(|key| key.to_string()).collect();
    say(&format!("MAP_GET_NEXT_KEY until the end: {}\n", keys.join(" and ")))
}

fn load(elf: &Elf<'_>) -> Result<()> {
    let code = elf.data("socket");
    ensure!(!code.is_empty(), "the object has no section `socket`");
    let license = elf.data("license");
    let license = text_at(license, 0, license.len()).unwrap_or_default();
    say(&format!("a program of {} instructions", code.len() / insn::SIZE))?;

    let mut log = vec![0; 64 * 1024];
    let loaded = sys_bpf::load_socket_filter(code, &license, &mut log);
    print("PROG_LOAD", loaded.as_ref().map(|_| "done"))?;
    match loaded {
        Ok(program) => print("PROG_TEST_RUN on 64 bytes", sys_bpf::test_run(&program, &[0; 64]))?,
        Err(_) => {
            for line in text_at(&log, 0, log.len()).unwrap_or_default().lines() {
                say(&format!("# {line}"))?;
            }
        }
    }
    say("")
}

/// Reads an array of 8 in both ways, and counts the system calls.
fn read_all(elf: &Elf<'_>) -> Result<()> {
    let kind = MapKind { kind: ARRAY, key: 4, value: 8, entries: 8, flags: 0 };
    let map = sys_bpf::map_create(kind, MAP_CREATE).context("cannot make an array")?;
    for key in 0..8u32 {
        map.update(&key.to_ne_bytes(), &u64::from(key + 1).to_ne_bytes(), EXIST)?;
    }
    say("an array of 8, read to its end")?;

    let (mut calls, mut sum, mut last) = (0, 0, None);
    loop {
        calls += 1;
        let Ok(key) = map.next_key(last.as_deref()) else { break };
        calls += 1;
        sum += number(&map.lookup(&key)?);
        last = Some(key);
    }
    say(&format!("entry by entry: {calls} calls, sum {sum}"))?;

    // An exercise: a constant that says how many entries a call may give.
    if let Some(batch) = elf.symbols(".rodata").into_iter().find(|symbol| symbol.name == "batch") {
        let most = u32_at(elf.data(".rodata"), batch.offset).context("batch is no __u32")?;
        say(&format!("# in batches of {most}"))?;
        let (mut calls, mut sum, mut from) = (0, 0, None);
        loop {
            calls += 1;
            let batch = map.lookup_batch(from.as_deref(), most).context("cannot read a batch")?;
            sum += batch.values.chunks(8).map(number).sum::<u64>();
            if batch.last || most == 0 {
                break;
            }
            from = Some(batch.end);
        }
        say(&format!("in batches: {calls} calls, sum {sum}"))?;
    }
    say("")
}

fn refused(hash: MapKind, map: &Map) -> Result<()> {
    say("bad calls")?;
    let (one, two, four) = (1u32.to_ne_bytes(), 2u32.to_ne_bytes(), 4u32.to_ne_bytes());
    let value = 0u64.to_ne_bytes();
    let create = |kind, length| sys_bpf::map_create(kind, length).map(|_| "done");
    let done = |result: io::Result<()>| result.map(|()| "done");

    print("a command that does not exist", sys_bpf::no_such_command())?;
    print("MAP_CREATE with a key of 0 bytes", create(MapKind { key: 0, ..hash }, MAP_CREATE))?;
    print("MAP_CREATE with more than the kernel knows", create(hash, 4096))?;
    print("MAP_LOOKUP_ELEM of a key that is not there", map.lookup(&two).map(|_| "done"))?;
    print("MAP_DELETE_ELEM of a key that is not there", done(map.delete(&two)))?;
    print("MAP_UPDATE_ELEM, only if it is there", done(map.update(&two, &value, EXIST)))?;
    print("MAP_UPDATE_ELEM, only if it is not there", done(map.update(&one, &value, NOEXIST)))?;
    map.update(&two, &value, NOEXIST)?;
    print("MAP_UPDATE_ELEM of a fourth key", done(map.update(&four, &value, NOEXIST)))?;
    print("MAP_LOOKUP_ELEM with a key at address 8", done(map.lookup_at_nothing()))?;

    let read_only = sys_bpf::map_create(MapKind { flags: RDONLY, ..hash }, MAP_CREATE)?;
    let written = read_only.update(&one, &value, sys_bpf::ANY);
    print("MAP_UPDATE_ELEM of a map made read-only", done(written))?;
    map.freeze()?;
    print("MAP_UPDATE_ELEM of a frozen map", done(map.update(&one, &value, sys_bpf::ANY)))?;

    // r0 = 0, and then? Instructions by hand, 8 bytes each.
    let no_exit = [0xb7, 0, 0, 0, 0, 0, 0, 0];
    let program = sys_bpf::load_socket_filter(&no_exit, "GPL", &mut []).map(|_| "done");
    print("PROG_LOAD without an exit", program)?;
    let only_exit = [0x95, 0, 0, 0, 0, 0, 0, 0];
    let program = sys_bpf::load_socket_filter(&only_exit, "GPL", &mut []).map(|_| "done");
    print("PROG_LOAD without a value to return", program)?;

    let status = Command::new("/proc/self/exe")
        .args(["--only", "next-id"])
        .env_remove("LAB_STAGES")
        .env_remove("LAB_NETNS")
        .uid(NOBODY)
        .gid(NOBODY)
        .status()
        .context("cannot start a process of another user")?;
    ensure!(status.success(), "the process of another user failed");
    Ok(())
}

fn number(value: &[u8]) -> u64 {
    u64_at(value, 0).unwrap_or_default()
}

/// One line a call: what it gave, or the name of its error.
fn print<T: std::fmt::Display, E: std::borrow::Borrow<io::Error>>(
    call: &str,
    result: Result<T, E>,
) -> Result<()> {
    match result {
        Ok(answer) => say(&format!("{call}: {answer}")),
        Err(error) => say(&format!("{call}: {}", sys_bpf::errno_name(error.borrow()))),
    }
}

fn say(line: &str) -> Result<()> {
    Ok(writeln!(io::stdout(), "{line}")?)
}
