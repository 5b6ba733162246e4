//! `labrunner doctor` on this machine, whole and with something missing.

use std::fs;
use std::os::unix::fs::symlink;

use course_tests::{Labrunner, ended, kernels};
use serde_json::Value;

fn finding<'a>(doctor: &'a Value, what: &str) -> &'a Value {
    let findings = doctor["findings"].as_array().unwrap();
    findings.iter().find(|f| f["what"] == what).unwrap_or_else(|| panic!("{what} in {doctor}"))
}

#[test]
fn this_machine_runs_labs() {
    kernels();
    let done = Labrunner::new(["doctor"]).run();
    ended(&done, 0, &["Labs run in a micro-VM", "--on host", "  ok      QEMU", "  ok      clang"]);
    let json = Labrunner::new(["doctor", "--format", "json"]).run().json();
    assert_eq!(json["able"], true, "{json}");
    assert_eq!(json["facts"]["course"]["root"], course_tests::root().display().to_string());
    let labs = Labrunner::new(["list", "--format", "json"]).run().json();
    assert_eq!(json["labs"], labs.as_array().unwrap().len(), "{json}");
}

#[test]
fn without_qemu_the_host_is_left() {
    let qemu = ["qemu-system-x86_64", "qemu-system-aarch64"];
    let (command, _path) = Labrunner::new(["doctor", "--format", "json"]).without_programs(&qemu);
    let json = command.run().json();
    assert_eq!(json["vm"]["lacking"][0], "QEMU", "{json}");
    let fix = finding(&json, "QEMU")["fix"].as_str().unwrap();
    assert!(fix.contains("apt-get install qemu-system"), "{fix}");
    assert_ne!(finding(&json, "KVM")["state"], "problem");
}

#[test]
fn without_clang_and_qemu_and_rights_there_is_no_way() {
    let hidden = ["clang", "qemu-system-x86_64", "qemu-system-aarch64", "sudo", "setpriv"];
    let (command, _path) = Labrunner::new(["doctor"]).without_programs(&hidden);
    ended(
        &command.run(),
        69,
        &[
            "problem clang",
            "problem QEMU",
            "apt-get install clang",
            "Labs do not run in a micro-VM. In the way: setpriv, QEMU.",
            "Labs do not run with --on host. In the way: setpriv",
        ],
    );
}

#[test]
fn outside_the_course_the_machine_is_looked_at_all_the_same() {
    let done = Labrunner::new(["doctor"]).within("/".as_ref()).run();
    ended(&done, 0, &["this folder is not inside the course", "  ok      QEMU"]);
}

#[test]
fn kvm_is_tried_and_not_believed() {
    if fs::File::options().read(true).write(true).open("/dev/kvm").is_err() {
        println!("not tried: there is no /dev/kvm that could be opened");
        return;
    }
    let cache = tempfile::tempdir().unwrap();
    symlink(kernels(), cache.path().join("kernels")).unwrap();
    let doctor = || {
        let doctor = Labrunner::new(["doctor", "--format", "json"]);
        doctor.env("LABRUNNER_CACHE", cache.path()).run()
    };
    let first = doctor();
    let kvm = first.json()["facts"]["kvm"].clone();
    assert!(["used", "unused"].contains(&kvm["state"].as_str().unwrap()), "{first}");
    assert!(first.stderr.contains("Trying whether KVM works"), "{first}");
    let remembered = fs::read_to_string(cache.path().join("machines/accelerator.json")).unwrap();
    let remembered: Value = serde_json::from_str(&remembered).unwrap();
    assert_eq!(remembered["because"], kvm["because"]);
    // It is known from then on.
    let second = doctor();
    assert_eq!((second.json()["facts"]["kvm"].clone(), second.stderr.as_str()), (kvm, ""));
    // Without a kernel it is said that nobody knows.
    let empty = tempfile::tempdir().unwrap();
    let unknown = Labrunner::new(["doctor", "--format", "json"]);
    let unknown = unknown.env("LABRUNNER_CACHE", empty.path()).run().json();
    let detail = finding(&unknown, "KVM")["detail"].as_str().unwrap();
    assert!(
        detail.contains("whether it works is not known: to try it takes the kernel"),
        "{detail}"
    );
}

/// The doctor reads; a run tries. What the one says must be what the other finds.
#[test]
fn labs_that_it_says_do_not_run_on_the_host_are_skipped_there() {
    let json = Labrunner::new(["doctor", "--format", "json"]).run().json();
    if json["host"]["able"] != true {
        println!("not tried: nothing runs on this host: {}", json["host"]);
        return;
    }
    let mut labs = 0;
    for found in json["findings"].as_array().unwrap().iter().filter(|f| f["about"] == "host") {
        // Two of each finding will do.
        for lab in found["labs"].as_array().unwrap().iter().take(2) {
            let words: Vec<&str> =
                lab.as_str().unwrap().split(' ').chain(["--on", "host"]).collect();
            let done = Labrunner::new(words).run();
            assert_eq!(done.code, 69, "{lab} for {found}: {done}");
            labs += 1;
        }
    }
    println!("{labs} labs were tried");
}
