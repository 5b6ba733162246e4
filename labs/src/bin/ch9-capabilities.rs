//! capabilities: which programs may be loaded with which rights.

use std::io::{self, Write};
use std::process::ExitCode;
use std::{fs, thread};

use anyhow::{Context, Result};
use labs::{Lab, Usage};
use libbpf_rs::{ErrorKind, MapHandle, MapType, ObjectBuilder, libbpf_sys};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Makes a map and loads each program of the object with different capabilities, and prints\n\
            which of it is allowed. Attaches nothing.",
    flags: &[],
};

/// The rights that are tried.
const RIGHTS: [(&str, CapabilitySet); 7] = [
    ("none", CapabilitySet::empty()),
    ("NET_ADMIN", CapabilitySet::NET_ADMIN),
    ("PERFMON", CapabilitySet::PERFMON),
    ("BPF", CapabilitySet::BPF),
    ("BPF NET_ADMIN", CapabilitySet::BPF.union(CapabilitySet::NET_ADMIN)),
    ("BPF PERFMON", CapabilitySet::BPF.union(CapabilitySet::PERFMON)),
    ("SYS_ADMIN", CapabilitySet::SYS_ADMIN),
];

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), capabilities)
}

fn capabilities(lab: &Lab) -> Result<()> {
    // With all rights everything must load: what is refused later is refused for lack of rights.
    let object = lab.load(lab.open()?)?;
    let programs: Vec<String> =
        object.progs().map(|program| program.name().to_string_lossy().into_owned()).collect();
    drop(object);
    lab.observe()?;

    libbpf_rs::set_print(None); // every refusal would print a log
    let mut out = io::stdout().lock();
    write!(out, "{:<14}", "CAPABILITIES")?;
    writeln!(out, " {:<6} {}", "map", programs.join("  "))?;
    for (name, rights) in RIGHTS {
        let bytes = lab.object_bytes()?;
        let names = programs.clone();
        // Capabilities belong to a thread: this one gives its own up, and there is no way back.
        let answers = thread::spawn(move || with_rights(rights, &bytes, &names)).join();
        let (map, answers) = answers.expect("the thread does not panic")?;
        let mut row = format!("{name:<14} {map:<6} ");
        for (program, answer) in programs.iter().zip(answers) {
            row += &format!("{answer:<width$}  ", width = program.len());
        }
        writeln!(out, "{}", row.trim_end())?;
    }
    let setting = fs::read_to_string("/proc/sys/kernel/unprivileged_bpf_disabled");
    let setting = setting.unwrap_or_else(|_| "not there".into());
    writeln!(out, "# unprivileged_bpf_disabled: {}", setting.trim())?;
    Ok(())
}

// ANCHOR: lab
/// What a map and each program come to with these rights and no others.
fn with_rights(
    rights: CapabilitySet,
    object: &[u8],
    programs: &[String],
) -> Result<(String, Vec<String>)> {
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: rights, permitted: rights, inheritable: none };
    set_capabilities(None, sets).context("cannot give up capabilities")?;
    let answers = programs.iter().map(|program| answer(load(object, program))).collect();
    Ok((answer(make_map()), answers))
}

fn make_map() -> libbpf_rs::Result<()> {
    let options = libbpf_sys::bpf_map_create_opts {
        sz: size_of::<libbpf_sys::bpf_map_create_opts>() as _,
        ..Default::default()
    };
    MapHandle::create(MapType::Array, Some("tried"), 4, 8, 1, &options).map(drop)
}

/// Loads one program of the object, and throws it away.
fn load(object: &[u8], name: &str) -> libbpf_rs::Result<()> {
    let mut object = ObjectBuilder::default().open_memory(object)?;
    for mut program in object.progs_mut() {
        program.set_autoload(program.name() == name);
    }
    object.load().map(drop)
}
// ANCHOR_END: lab

fn answer(result: libbpf_rs::Result<()>) -> String {
    match result.map_err(|error| error.kind()) {
        Ok(()) => "yes".into(),
        Err(ErrorKind::PermissionDenied) => "no".into(),
        Err(kind) => format!("{kind:?}"),
    }
}
