//! What both ways to run labs depend on, and what only makes life easier.

use super::super::facts::{Disk, Facts, Folder, Program};
use super::super::install::install;
use super::super::needs::{Needs, labs};
use super::super::{About, About::Everything, Finding};

/// MB that the course's programs take when cargo builds them.
const BUILD_MB: u64 = 2000;

/// MB of a kernel and the machine saved with it.
const MACHINE_MB: u64 = 150;

pub(super) fn findings(facts: &Facts, needs: &[Needs]) -> Vec<Finding> {
    let mut findings = vec![course(facts), clang(facts, needs), setpriv(facts), git(facts)];
    findings.extend(tools(facts, needs));
    findings.extend(facts.disks.iter().map(|disk| room(facts, disk)));
    findings.push(terminal(facts));
    findings
}

fn course(facts: &Facts) -> Finding {
    const WHAT: &str = "course";
    let Some(course) = &facts.course else {
        return Finding::note(WHAT, Everything, "this folder is not inside the course")
            .means("Which labs need what cannot be said.")
            .fix("cd to the folder that you cloned");
    };
    if course.built {
        return Finding::ok(WHAT, Everything, format!("{}, its programs are built", course.root));
    }
    let detail = format!("{}, its programs are not built or older than their sources", course.root);
    if facts.program("cargo").is_none() {
        return Finding::problem(WHAT, Everything, format!("{detail}, and there is no cargo"))
            .fix("install Rust by rustup: https://rustup.rs");
    }
    Finding::note(WHAT, Everything, detail)
        .means("The next run of a lab builds them, which takes a minute or two.")
        .fix("scripts/labrunner list")
}

fn clang(facts: &Facts, needs: &[Needs]) -> Finding {
    const WHAT: &str = "clang";
    let with_object = || match labs(needs, |lab| lab.object) {
        some if some.len() == needs.len() => Vec::new(),
        some => some,
    };
    let problem = |detail: String| {
        let labs = with_object();
        Finding { labs, ..Finding::problem(WHAT, Everything, detail).fix(install(facts, WHAT)) }
    };
    match facts.program(WHAT) {
        None => problem("it is not installed or not on the PATH".into()),
        Some(Program { path, version: None, .. }) => problem(format!("{path} does not start")),
        Some(Program { path, version: Some(version), bpf: Some(false) }) => {
            let finding = problem(format!("{version} ({path}) cannot make BPF objects"));
            let own = format!("{}\nexport PATH=/usr/bin:$PATH", install(facts, WHAT));
            if path.starts_with("/usr/bin/") { finding } else { finding.fix(own) }
        }
        Some(Program { version: Some(version), .. }) => {
            Finding::ok(WHAT, Everything, format!("{version}, makes BPF objects"))
        }
    }
}

fn setpriv(facts: &Facts) -> Finding {
    match facts.program("setpriv") {
        Some(_) => {
            Finding::ok("setpriv", Everything, "it ends with labrunner what that has started")
        }
        None => Finding::problem("setpriv", Everything, "it is not installed or not on the PATH")
            .fix(install(facts, "setpriv")),
    }
}

fn git(facts: &Facts) -> Finding {
    match facts.program("git") {
        Some(git) => Finding::ok("git", Everything, version(git)),
        None => Finding::note("git", Everything, "it is not installed or not on the PATH")
            .means(
                "labrunner solution and labrunner reset do not know the labs as they are shipped.",
            )
            .fix(install(facts, "git")),
    }
}

/// Tools that labs start, and bpftool, which everybody wants in a shell.
fn tools(facts: &Facts, needs: &[Needs]) -> Vec<Finding> {
    ["bpftool", "ip", "strace"].map(|tool| self::tool(facts, needs, tool)).to_vec()
}

fn tool(facts: &Facts, needs: &[Needs], what: &'static str) -> Finding {
    if let Some(program) = facts.program(what) {
        return Finding::ok(what, Everything, version(program));
    }
    let labs = labs(needs, |lab| lab.tools.iter().any(|tool| tool == what));
    let detail = "it is not installed or not on the PATH";
    let finding = match labs.is_empty() {
        true => Finding::note(what, Everything, detail).means("labrunner shell goes without it."),
        false => Finding { labs, ..Finding::problem(what, Everything, detail) },
    };
    finding.fix(install(facts, what))
}

fn version(program: &Program) -> String {
    program.version.clone().unwrap_or_else(|| program.path.clone())
}

fn room(facts: &Facts, disk: &Disk) -> Finding {
    match disk.of {
        Folder::Cache => cache(facts, disk),
        Folder::Build => build(facts, disk),
    }
}

/// Kernels and saved machines, which `--on host` does without.
fn cache(facts: &Facts, disk: &Disk) -> Finding {
    const WHAT: &str = "cache";
    let Disk { path, free_mb, writable, .. } = disk;
    if !writable {
        return Finding::problem(WHAT, About::Vm, format!("{path} cannot be written"))
            .fix("export LABRUNNER_CACHE=/path/to/another/folder");
    }
    if *free_mb >= MACHINE_MB {
        return Finding::ok(WHAT, About::Vm, free(disk));
    }
    if facts.kernels.added.is_empty() {
        return Finding::problem(
            WHAT,
            About::Vm,
            format!("{}: too little for a kernel", free(disk)),
        )
        .fix("export LABRUNNER_CACHE=/path/to/another/folder");
    }
    Finding::note(WHAT, About::Vm, free(disk))
        .means("Another kernel may not fit beside those that are there.")
        .fix("labrunner cache --clean")
}

/// What cargo builds, which is needed until it is built, and after changes.
fn build(facts: &Facts, disk: &Disk) -> Finding {
    const WHAT: &str = "build folder";
    let Disk { path, free_mb, writable, .. } = disk;
    let detail = match writable {
        true if *free_mb >= BUILD_MB => return Finding::ok(WHAT, Everything, free(disk)),
        true => free(disk),
        false => format!("{path} cannot be written"),
    };
    let finding = if facts.course.as_ref().is_some_and(|course| course.built) {
        Finding::note(WHAT, Everything, detail)
            .means("The lab programs cannot be built again after a change of labs/.")
    } else if *writable {
        Finding::note(WHAT, Everything, detail)
            .means(format!("Building the lab programs takes up to {} GB.", BUILD_MB / 1000))
    } else {
        Finding::problem(WHAT, Everything, detail)
    };
    finding.fix("export CARGO_TARGET_DIR=/path/to/another/folder")
}

fn free(disk: &Disk) -> String {
    format!("{:.1} GB free in {}", disk.free_mb as f64 / 1e3, disk.path)
}

fn terminal(facts: &Facts) -> Finding {
    const WHAT: &str = "terminal";
    let terminal = &facts.terminal;
    let mut parts = Vec::new();
    match terminal.size {
        _ if !terminal.terminal => parts.push("the output goes elsewhere".to_string()),
        Some((columns, rows)) => parts.push(format!("{columns} columns, {rows} rows")),
        None => parts.push("of unknown size".to_string()),
    }
    parts.push(if terminal.colors { "colours" } else { "no colours" }.into());
    if !terminal.utf8() {
        let locale = if terminal.locale.is_empty() { "not set" } else { &terminal.locale };
        parts.push(format!("characters are not UTF-8 (LANG is {locale})"));
        return Finding::note(WHAT, Everything, parts.join(", "))
            .means("Marks such as ✓ and · may look wrong.")
            .fix("export LANG=C.UTF-8");
    }
    parts.push("UTF-8".into());
    match terminal.size {
        Some((columns, _)) if terminal.terminal && columns < 80 => {
            Finding::note(WHAT, Everything, parts.join(", "))
                .means("Tables and verifier logs are made for 100 columns.")
                .fix("make the window wider")
        }
        _ => Finding::ok(WHAT, Everything, parts.join(", ")),
    }
}
