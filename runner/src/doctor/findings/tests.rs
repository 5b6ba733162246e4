//! Machines that are described in `tests/hosts/`. The labs are a few that stand for all, so that these outputs
//! do not change with each new lab.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::doctor::install::{add_to_command_line, take_off_command_line};
use crate::render::doctor::{json, text};

fn facts(name: &str) -> Facts {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/hosts/{name}.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn needs(lab: &str, features: &[&str], tools: &[&str]) -> Needs {
    let owned = |names: &[&str]| names.iter().map(|name| name.to_string()).collect();
    Needs { lab: lab.into(), features: owned(features), tools: owned(tools), object: true }
}

fn labs() -> Vec<Needs> {
    vec![
        Needs { object: false, ..needs("ch1 no-object", &[], &[]) },
        needs("ch2 kprobe", &["kprobe", "trace-pipe"], &[]),
        needs("ch2 raw", &["raw-tracepoint"], &[]),
        needs("ch3 xdp", &["xdp"], &[]),
        needs("ch4 tools", &["xdp"], &["bpftool", "ip"]),
        needs("ch5 types", &["btf", "fentry"], &[]),
        needs("ch7 tracepoint", &["tracepoint", "ringbuf"], &[]),
        needs("ch8 strace", &[], &["strace"]),
        needs("ch9 lsm", &["btf", "lsm"], &[]),
        needs("ch10 loop", &["bpf-loop", "raw-tracepoint"], &[]),
    ]
}

fn shown(name: &str) -> String {
    colored::control::set_override(false);
    let facts = facts(name);
    let diagnosis = diagnose(&facts, &labs());
    let status = if diagnosis.able() { 0 } else { 69 };
    format!("{}\nexit status {status}\n", text(&diagnosis))
}

#[test]
fn every_machine_that_is_described_is_seen_through() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/hosts");
    let files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    let described: Vec<_> = files
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(described.len(), 6, "{described:?}");
    for name in described {
        insta::assert_snapshot!(name.clone(), shown(&name));
    }
}

#[test]
fn what_stops_some_labs_stops_no_way_to_run_the_others() {
    let mut facts = facts("ubuntu-24.04");
    let able = |facts: &Facts| {
        let found = diagnose(facts, &labs());
        (found.vm.able, found.host.able, found.host.without)
    };
    assert_eq!(able(&facts), (true, true, vec!["ch9 lsm".to_string()]));
    facts.kernel.btf = false;
    assert_eq!(able(&facts).2, ["ch5 types", "ch9 lsm"]);
    facts.programs.remove("qemu-system-x86_64");
    assert_eq!((able(&facts).0, able(&facts).1), (false, true));
    facts.programs.remove("sudo");
    assert_eq!((able(&facts).0, able(&facts).1), (false, false));
}

#[test]
fn a_missing_clang_leaves_the_labs_without_bpf_c() {
    let mut facts = facts("ubuntu-24.04");
    facts.programs.remove("clang");
    let found = diagnose(&facts, &labs());
    assert!(found.able());
    assert_eq!(found.vm.without.len(), labs().len() - 1);
    assert!(!found.vm.without.contains(&"ch1 no-object".to_string()));
    // Outside of the course nothing is known of such labs.
    assert!(!diagnose(&facts, &[]).able());
}

#[test]
fn programs_read_the_facts_that_it_was_made_of() {
    let facts = facts("fedora");
    let line = json(&diagnose(&facts, &labs()), &facts);
    let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(value["able"], true);
    assert_eq!(value["vm"]["lacking"][0], "kernels");
    assert_eq!(serde_json::from_value::<Facts>(value["facts"].clone()).unwrap(), facts);
    let states: Vec<_> = value["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["state"].as_str().unwrap())
        .collect();
    assert!(states.iter().all(|state| ["ok", "note", "problem"].contains(state)), "{states:?}");
}

/// Has sed(1) itself change the settings of GRUB by the command that is shown.
fn edited(command: &str, settings: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("grub");
    fs::write(&file, settings).unwrap();
    let line = command.lines().next().unwrap().replace("sudo ", "");
    let line = line.replace("/etc/default/grub", &file.display().to_string());
    let done = std::process::Command::new("sh").args(["-c", &line]).status().unwrap();
    assert!(done.success(), "{line}");
    fs::read_to_string(file).unwrap()
}

#[test]
fn the_commands_for_grub_do_what_they_say() {
    let facts = facts("ubuntu-24.04");
    let settings =
        "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet lockdown=confidentiality\"\nGRUB_CMDLINE_LINUX=\"\"\n";
    let added = edited(&add_to_command_line(&facts, "lsm=yama,bpf"), settings);
    assert!(added.ends_with("\nGRUB_CMDLINE_LINUX=\" lsm=yama,bpf\"\n"), "{added}");
    assert!(added.starts_with("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet lockdown=confidentiality\"\n"));
    let removed = edited(&take_off_command_line(&facts, "lockdown"), settings);
    assert_eq!(removed, "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_LINUX=\"\"\n");
}
