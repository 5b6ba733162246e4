//! What labs on the machine's own kernel depend on. None of it matters in a micro-VM.

use super::super::facts::Facts;
use super::super::install::{add_to_command_line, as_root, install, take_off_command_line};
use super::super::needs::{BTF, JIT, Needs, OPTIONS, labs_with};
use super::super::{About::Host, Finding, State};

pub(super) fn findings(facts: &Facts, needs: &[Needs]) -> Vec<Finding> {
    vec![
        rights(facts),
        unprivileged(facts),
        btf(facts, needs),
        config(facts, needs),
        lsm(facts, needs),
        lockdown(facts, needs),
        tracefs(facts, needs),
        jit(facts, needs),
    ]
}

/// Labs that go without these features; a note where there are none.
fn without(finding: Finding, needs: &[Needs], features: &[&str]) -> Finding {
    match labs_with(needs, features) {
        labs if labs.is_empty() => Finding { state: State::Note, ..finding },
        labs => Finding { labs, ..finding },
    }
}

fn rights(facts: &Facts) -> Finding {
    const WHAT: &str = "rights";
    let has = |name: &str| facts.rights.capabilities.iter().any(|capability| capability == name);
    if !facts.rights.root {
        return match facts.program("sudo") {
            Some(_) => Finding::ok(
                WHAT,
                Host,
                "not root; sudo starts the lab's program alone, and may ask for your password",
            ),
            None => Finding::problem(WHAT, Host, "not root, and there is no sudo")
                .fix(format!("{}\nor use --on host as root", install(facts, "sudo"))),
        };
    }
    if has("CAP_SYS_ADMIN") {
        return Finding::ok(WHAT, Host, "root, with CAP_SYS_ADMIN");
    }
    Finding::problem(
        WHAT,
        Host,
        "root, but without CAP_SYS_ADMIN: this kernel is not ours to change",
    )
    .fix(
        privileged(facts)
            .unwrap_or("start it as root of the machine, with all capabilities".into()),
    )
}

/// How a container that may do nothing gets the rights to.
fn privileged(facts: &Facts) -> Option<String> {
    let container = facts.system.container.as_ref()?;
    let has = |name: &str| facts.rights.capabilities.iter().any(|capability| capability == name);
    let fix = || format!("{container} run --privileged …, when you start the container");
    (!has("CAP_SYS_ADMIN")).then(fix)
}

/// A command that changes the kernel, or mounts what it has, or what comes first.
fn with_rights(facts: &Facts, command: &str) -> String {
    privileged(facts).unwrap_or_else(|| as_root(facts, command))
}

fn unprivileged(facts: &Facts) -> Finding {
    const WHAT: &str = "unprivileged BPF";
    match facts.kernel.unprivileged_bpf_disabled {
        Some(0) => Finding::note(WHAT, Host, "every user may load some kinds of BPF programs")
            .means("Labs do not need that, and it is a known way to attack a machine.")
            .fix(as_root(facts, "sysctl kernel.unprivileged_bpf_disabled=2")),
        Some(value) => {
            Finding::ok(WHAT, Host, format!("switched off ({value}); labs load with rights"))
        }
        None => Finding::ok(WHAT, Host, "this kernel has no switch for it"),
    }
}

fn btf(facts: &Facts, needs: &[Needs]) -> Finding {
    const WHAT: &str = "BTF";
    if facts.kernel.btf {
        return Finding::ok(WHAT, Host, "/sys/kernel/btf/vmlinux is there");
    }
    let detail = "there is no /sys/kernel/btf/vmlinux: the kernel carries no types of its own";
    without(Finding::problem(WHAT, Host, detail), needs, BTF).fix(instead())
}

/// For what only another kernel could mend.
fn instead() -> &'static str {
    "leave out --on host: micro-VMs have kernels of their own"
}

fn config(facts: &Facts, needs: &[Needs]) -> Finding {
    const WHAT: &str = "config";
    let Some(config) = &facts.kernel.config else {
        let note = Finding::note(WHAT, Host, "how the kernel was built cannot be read")
            .means("Labs try what they need, and are skipped if it is not there.");
        // A container does not see the machine's /boot.
        return match facts.system.container {
            Some(_) => note,
            None => note.fix(as_root(facts, "modprobe configs")),
        };
    };
    let missing: Vec<_> =
        OPTIONS.iter().filter(|option| !config.set.iter().any(|set| set == option.name)).collect();
    if missing.is_empty() {
        return Finding::ok(WHAT, Host, format!("{} has all that labs need", config.path));
    }
    let names: Vec<&str> = missing.iter().map(|option| option.name).collect();
    let detail = format!("{} lacks {}", config.path, names.join(", "));
    let problem = Finding::problem(WHAT, Host, detail).fix(instead());
    if missing.iter().any(|option| option.features.is_empty()) {
        return problem;
    }
    let features: Vec<&str> = missing.iter().flat_map(|option| option.features).copied().collect();
    without(problem, needs, &features)
}

fn lsm(facts: &Facts, needs: &[Needs]) -> Finding {
    const WHAT: &str = "LSM list";
    let Some(list) = &facts.kernel.lsm else {
        return Finding::note(WHAT, Host, "not known: securityfs is not mounted")
            .means("Labs with LSM programs try it, and are skipped if `bpf` is not in the list.")
            .fix(with_rights(facts, "mount -t securityfs securityfs /sys/kernel/security"));
    };
    let shown = list.join(",");
    if list.iter().any(|name| name == "bpf") {
        return Finding::ok(WHAT, Host, shown);
    }
    let problem = Finding::problem(WHAT, Host, format!("`bpf` is not in it: {shown}"));
    let problem = without(problem, needs, &["lsm"]);
    let built = facts.kernel.config.as_ref();
    if built.is_some_and(|config| !config.set.iter().any(|set| set == "CONFIG_BPF_LSM")) {
        return problem.fix(instead());
    }
    // `capability` comes first whatever the list says.
    let others = list.iter().map(String::as_str).filter(|name| *name != "capability");
    let all: Vec<&str> = others.chain(["bpf"]).collect();
    problem.fix(add_to_command_line(facts, &format!("lsm={}", all.join(","))))
}

fn lockdown(facts: &Facts, needs: &[Needs]) -> Finding {
    const WHAT: &str = "lockdown";
    match facts.kernel.lockdown.as_deref() {
        None => Finding::ok(WHAT, Host, "none that is known of"),
        Some("none") => Finding::ok(WHAT, Host, "none"),
        Some("confidentiality") => {
            let detail =
                "confidentiality: kprobes, tracefs, and reading the kernel's memory are refused";
            let problem = Finding::problem(WHAT, Host, detail);
            let features = ["kprobe", "tracepoint", "trace-pipe"];
            without(problem, needs, &features).fix(take_off_command_line(facts, "lockdown"))
        }
        Some(other) => Finding::ok(WHAT, Host, format!("{other}, which lets BPF programs be")),
    }
}

fn tracefs(facts: &Facts, needs: &[Needs]) -> Finding {
    const WHAT: &str = "tracefs";
    match &facts.kernel.tracefs {
        Some(path) => Finding::ok(WHAT, Host, format!("mounted on {path}")),
        None => {
            let problem = Finding::problem(WHAT, Host, "not mounted");
            // For the trace pipe, labs have a tracefs of their own.
            without(problem, needs, &["tracepoint"])
                .fix(with_rights(facts, "mount -t tracefs tracefs /sys/kernel/tracing"))
        }
    }
}

fn jit(facts: &Facts, needs: &[Needs]) -> Finding {
    const WHAT: &str = "JIT";
    match facts.kernel.jit {
        Some(0) => {
            let detail = "switched off: programs are interpreted, and cannot call kernel functions";
            without(Finding::problem(WHAT, Host, detail), needs, JIT)
                .fix(as_root(facts, "sysctl net.core.bpf_jit_enable=1"))
        }
        Some(value) => Finding::ok(WHAT, Host, format!("on ({value})")),
        None => Finding::ok(WHAT, Host, "only root can see whether it is on; it nearly always is"),
    }
}
