//! strace-bpf: which system calls libbpf makes when it loads and attaches the program of hello-config.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use labs::elf::Elf;
use labs::strace::Call;
use labs::{Flag, Lab, Usage};
use rustix::fs::{MemfdFlags, memfd_create};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Runs a loader under strace, and lists the system calls by which it talks to the kernel.\n\
            The loader is this program with --loader.",
    flags: &[
        Flag {
            name: "loader",
            value: "yes|no",
            default: "no",
            help: "load and attach the program of hello-config, and end",
        },
        Flag {
            name: "all",
            value: "yes|no",
            default: "no",
            help: "show all that strace printed, too",
        },
    ],
};

/// What strace is asked to show.
const CALLS: &str = "trace=bpf,perf_event_open,ioctl";

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!("ch4-hello-config"), |lab| match lab.flag("loader") {
        "yes" => load(lab),
        _ => strace_bpf(lab),
    })
}

// ANCHOR: load
/// What the loader does. That its links are dropped at the end is a call, too.
fn load(lab: &Lab) -> Result<()> {
    let object = lab.load(lab.open()?)?;
    let _links = lab.attach(&object)?;
    Ok(())
}
// ANCHOR_END: load

fn strace_bpf(lab: &Lab) -> Result<()> {
    lab.observe()?;
    let traced = trace()?;
    let bytes = lab.object_bytes()?;
    let ours = names(&Elf::parse(&bytes)?);
    let mut out = io::stdout().lock();
    if lab.flag("all") == "yes" {
        for line in traced.lines() {
            writeln!(out, "# {line}")?;
        }
    }
    let mut others = 0;
    for call in traced.lines().filter_map(Call::parse) {
        match told(&call, &ours) {
            Some(told) => writeln!(out, "{told}")?,
            None => others += 1,
        }
    }
    Ok(writeln!(out, "# and {others} other calls: most try out what this kernel can do")?)
}

/// The names that the kernel is given: of programs, maps, and the sections that become maps.
fn names(elf: &Elf<'_>) -> Vec<String> {
    let sections = elf.code().into_iter().chain([".maps"]);
    let symbols = sections.flat_map(|section| elf.symbols(section));
    symbols.map(|symbol| symbol.name).chain([".rodata".to_owned()]).collect()
}

/// What a call is about, in the parts that are the same on every machine; none for those by which
/// libbpf only tries something out. These make nothing of `ours`, or fail.
fn told(call: &Call<'_>, ours: &[String]) -> Option<String> {
    let named = |member| {
        let name = call.member(member).unwrap_or_default().trim_matches('"');
        // libbpf puts the object's name in front of a section's.
        ours.iter()
            .any(|our| our == name || our.starts_with('.') && name.ends_with(our))
            .then_some(())
    };
    let with = |members: &[&str]| {
        let mut text = format!("{} {}", call.name, call.command());
        for member in members {
            let value = call.member(member).unwrap_or("?");
            text += &format!(" {member}={value}");
        }
        Some(text)
    };
    if !call.succeeded() {
        return None;
    }
    match (call.name, call.command()) {
        ("bpf", "BPF_BTF_LOAD") => {
            let size: u32 = call.member("btf_size")?.parse().ok()?;
            (size > 500).then(|| with(&[])).flatten() // what is tried out is small
        }
        ("bpf", "BPF_MAP_CREATE") => {
            named("map_name")?;
            match call.member("map_type") {
                // As many as there are processors.
                Some("BPF_MAP_TYPE_PERF_EVENT_ARRAY") => {
                    with(&["map_name", "map_type", "key_size", "value_size"])
                }
                _ => with(&["map_name", "map_type", "key_size", "value_size", "max_entries"]),
            }
        }
        ("bpf", "BPF_MAP_UPDATE_ELEM" | "BPF_MAP_FREEZE") => with(&[]),
        ("bpf", "BPF_PROG_LOAD") => {
            named("prog_name")?;
            with(&["prog_name", "prog_type", "license"])
        }
        ("bpf", "BPF_LINK_CREATE") => with(&["attach_type"]),
        // For one process only, it is tried out.
        ("perf_event_open", _) if call.args.contains("}, -1, ") => {
            Some("perf_event_open for all processes".to_owned())
        }
        ("ioctl", _) => {
            let request = call.args.split(", ").nth(1)?;
            request.starts_with("PERF_EVENT_IOC_").then(|| format!("ioctl {request}"))
        }
        _ => None,
    }
}

/// Starts the loader under strace; what strace wrote.
fn trace() -> Result<String> {
    // A file without a name, which nobody has to remove.
    let mut file = File::from(memfd_create("strace", MemfdFlags::CLOEXEC)?);
    let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
    let own = std::env::current_exe()?;
    let status = Command::new("strace")
        .args(["-f", "-qq", "-s", "64", "-e", "signal=none", "-e", CALLS, "-o", &path])
        .arg(own)
        .args(["--loader", "yes"])
        .env_remove("LAB_STAGES")
        .status()
        .context("cannot start strace")?;
    ensure!(status.success(), "the loader failed under strace");
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_only_tried_out_is_left_out() {
        for (line, expected) in [
            (
                "bpf(BPF_MAP_CREATE, {map_type=BPF_MAP_TYPE_RINGBUF, key_size=0, value_size=0, \
                 max_entries=65536, map_name=\"ring\", map_extra=0}, 92) = 7",
                Some(
                    "bpf BPF_MAP_CREATE map_name=\"ring\" map_type=BPF_MAP_TYPE_RINGBUF key_size=0 \
                     value_size=0 max_entries=65536",
                ),
            ),
            ("bpf(BPF_MAP_CREATE, {map_name=\"libbpf_global\", map_extra=0}, 92) = 7", None),
            ("bpf(BPF_PROG_LOAD, {prog_name=\"\", prog_ifindex=0}, 148) = 7", None),
            ("bpf(BPF_LINK_CREATE, {link_create={attach_type=X}}, 64) = -1 EINVAL (x)", None),
            ("bpf(BPF_BTF_LOAD, {btf=\"\", btf_size=81, x=0}, 40) = 7", None),
            ("bpf(BPF_BTF_LOAD, {btf=\"\", btf_size=1431, x=0}, 40) = 7", Some("bpf BPF_BTF_LOAD")),
            ("perf_event_open({type=0x6, ...}, 81, -1, -1, F) = 8", None),
            (
                "perf_event_open({type=0x6, ...}, -1, 0, -1, F) = 8",
                Some("perf_event_open for all processes"),
            ),
            ("ioctl(8, PERF_EVENT_IOC_SET_BPF, 7) = 0", Some("ioctl PERF_EVENT_IOC_SET_BPF")),
            ("ioctl(1, TCGETS, {c_iflag=0}) = 0", None),
        ] {
            assert_eq!(
                told(&Call::parse(line).unwrap(), &["ring".to_owned()]).as_deref(),
                expected,
                "{line}"
            );
        }
    }
}
