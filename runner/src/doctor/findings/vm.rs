//! What labs in a micro-VM depend on. They need no rights, no KVM, and nothing of the kernel that runs.

use super::super::facts::{Facts, Kvm, Program};
use super::super::install::{as_root, install};
use super::super::{About::Vm, Finding};
use crate::engine::qemu;

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    vec![qemu(facts), kernel(facts), kvm(facts)]
}

/// Name of the QEMU program for that machine's architecture, if labs run in it.
pub(super) fn program(facts: &Facts) -> Option<&'static str> {
    match facts.system.architecture.as_str() {
        "x86_64" => Some("qemu-system-x86_64"),
        "aarch64" => Some("qemu-system-aarch64"),
        _ => None,
    }
}

fn qemu(facts: &Facts) -> Finding {
    const WHAT: &str = "QEMU";
    let Some(name) = program(facts) else {
        let architecture = &facts.system.architecture;
        return Finding::problem(WHAT, Vm, format!("there are no micro-VMs for {architecture}"))
            .fix("labrunner ch3 hello-xdp --on host");
    };
    let problem = |detail: String| Finding::problem(WHAT, Vm, detail).fix(install(facts, name));
    let (major, minor) = qemu::OLDEST;
    match facts.program(name) {
        None => problem(format!("{name} is not installed or not on the PATH")),
        Some(Program { path, version: None, .. }) => problem(format!("{path} does not start")),
        Some(Program { version: Some(version), .. }) => match qemu::parse(version) {
            Some(found) if found < qemu::OLDEST => {
                problem(format!("{version} is older than {major}.{minor}"))
            }
            _ => Finding::ok(WHAT, Vm, version),
        },
    }
}

fn kernel(facts: &Facts) -> Finding {
    const WHAT: &str = "kernels";
    let kernels = &facts.kernels;
    let default = &kernels.default;
    if kernels.added.contains(default) {
        let list = kernels.added.join(", ");
        return Finding::ok(WHAT, Vm, format!("{list}; labs run on {default}"));
    }
    if kernels.carried.contains(default) {
        return Finding::note(WHAT, Vm, format!("{default} is not there yet"))
            .means("The first run of a lab fetches it.")
            .fix(format!("labrunner kernel add {default}"));
    }
    let (detail, choose) = match kernels.added.first() {
        Some(other) => (
            format!("{default}, the default, is gone"),
            Some(format!("labrunner kernel default {other}")),
        ),
        None => ("there is none, and this distribution's are not fetched".to_string(), None),
    };
    let problem = Finding::problem(WHAT, Vm, detail);
    if let Some(choose) = choose {
        return problem.fix(choose);
    }
    match &kernels.image {
        Some(image) if image.readable => {
            problem.fix("labrunner kernel add host\nlabrunner kernel default host")
        }
        Some(image) => {
            let copy = format!("install -m 644 {} /tmp/vmlinuz", image.path);
            let release = &facts.kernel.release;
            problem.fix(format!(
                "{}\nlabrunner kernel add --image /tmp/vmlinuz --modules /lib/modules/{release} --name host\n\
                 labrunner kernel default host",
                as_root(facts, &copy)
            ))
        }
        None => problem.fix("labrunner kernel add --image FILE --modules DIR --name mine"),
    }
}

fn kvm(facts: &Facts) -> Finding {
    const WHAT: &str = "KVM";
    const SLOWER: &str = "Machines are emulated, which takes a little longer. All labs run.";
    match &facts.kvm {
        Kvm::Used { because } => Finding::ok(WHAT, Vm, format!("it works: {because}")),
        Kvm::Absent => Finding::ok(WHAT, Vm, "there is no /dev/kvm; machines are emulated"),
        Kvm::Unused { because } => {
            Finding::ok(WHAT, Vm, format!("it was tried and is not used: {because}")).means(SLOWER)
        }
        Kvm::Untried { why } => Finding::note(
            WHAT,
            Vm,
            format!("/dev/kvm is there; whether it works is not known: {why}"),
        )
        .means("It is tried when the first machine is made."),
        Kvm::Closed { why } => {
            let note = Finding::note(WHAT, Vm, format!("/dev/kvm cannot be opened: {why}"));
            let note = note.means(SLOWER);
            match (&facts.system.container, facts.rights.root) {
                (Some(container), _) => note.fix(format!(
                    "{container} run --device /dev/kvm …, when you start the container"
                )),
                (None, true) => note,
                (None, false) => {
                    note.fix(format!("{}\nlog in again", as_root(facts, "usermod -aG kvm $USER")))
                }
            }
        }
    }
}
