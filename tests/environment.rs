//! What a machine may lack, and what `labrunner` says of it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use course_tests::{CourseCopy, Finished, Labrunner, kernels};
use tempfile::TempDir;

/// A cache folder with the kernels, and without saved machines.
fn cache() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    symlink(kernels(), folder.path().join("kernels")).unwrap();
    folder
}

fn saved_machines(cache: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(cache.join("machines")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|e| e == "state")).collect()
}

fn cannot_run(done: &Finished, parts: &[&str]) {
    assert_eq!(done.code, 69, "{done}");
    for part in parts {
        assert!(done.stdout.contains(part) || done.stderr.contains(part), "{part:?} in {done}");
    }
}

#[test]
fn without_clang() {
    let (command, _path) = Labrunner::new(["ch2", "hello-map"]).without_programs(&["clang"]);
    cannot_run(&command.run(), &["clang is not installed", "sudo apt-get install clang"]);
}

#[test]
fn without_qemu() {
    let (command, _path) = Labrunner::new(["ch2", "hello-map", "--on", "vm"])
        .without_programs(&["qemu-system-x86_64"]);
    let done = command.run();
    cannot_run(
        &done,
        &["qemu-system-x86_64 is not installed", "apt-get install qemu", "--on host"],
    );
    let (command, _path) = Labrunner::new(["ch2", "hello-map", "--on", "vm", "--format", "json"])
        .without_programs(&["qemu-system-x86_64"]);
    let result = command.run().json();
    assert_eq!(result["verdict"], "environment");
    assert!(result["hint"].as_str().unwrap().contains("apt-get install qemu"), "{result}");
}

#[test]
fn without_a_kernel_and_without_apt() {
    let folder = tempfile::tempdir().unwrap();
    let (command, _path) = Labrunner::new(["ch2", "hello-map"])
        .env("LABRUNNER_CACHE", folder.path())
        .without_programs(&["apt-get", "apt-cache"]);
    cannot_run(&command.run(), &["There is no kernel to run", "is not installed", "--on host"]);
}

#[test]
fn without_rights_on_the_host() {
    if !rustix::process::geteuid().is_root() {
        println!("not tried: not root, so that another user cannot be played");
        return;
    }
    let nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
    if !course_tests::readable_as(&nobody) {
        println!("not tried: another user cannot read the course here");
        return;
    }
    let (command, path) = Labrunner::through(&nobody, ["ch3", "hello-xdp", "--on", "host"])
        .without_programs(&["sudo"]);
    // What was made for us must be readable for the other user too.
    Command::new("chmod").args(["755"]).arg(path.path()).status().unwrap();
    let done = command.run();
    cannot_run(&done, &["needs rights", "Run the lab in a micro-VM"]);
}

#[test]
fn without_btf_on_the_host() {
    if !rustix::process::geteuid().is_root() {
        println!("not tried: not root, so that /sys cannot be covered");
        return;
    }
    let course = CourseCopy::new();
    let manifest = "labs-bpf/ch3/hello-xdp/lab.toml";
    course.replace(manifest, "needs = [", "needs = [\"btf\", ");
    let covered = "mount -t tmpfs tmpfs /sys/kernel/btf && exec \"$0\" \"$@\"";
    let done = Labrunner::through(
        &["unshare", "--mount", "sh", "-c", covered],
        ["ch3", "hello-xdp", "--on", "host", "--format", "json"],
    )
    .within(course.path())
    .run();
    let result = done.json();
    assert_eq!(done.code, 69, "{done}");
    assert_eq!(result["verdict"], "skipped", "{done}");
    assert!(result["skipped_reason"].as_str().unwrap().starts_with("btf: "), "{done}");
}

/// A command line that mounts a file system of this kind on the folder, in a namespace of its own.
fn on_mount(folder: &Path, options: &str, then: &str) -> Vec<String> {
    let own = if rustix::process::geteuid().is_root() { "--mount" } else { "-rm" };
    let folder = folder.display();
    let script = format!(
        "mount -t tmpfs -o {options} tmpfs {folder} && mkdir {folder}/kernels && cp -r {kernels}/6.1 {folder}/kernels && {then} \
         exec \"$0\" \"$@\"",
        kernels = kernels().display(),
    );
    ["unshare", own, "sh", "-c", &script].iter().map(|word| word.to_string()).collect()
}

fn run_on_mount(options: &str, then: &str) -> Finished {
    let folder = tempfile::tempdir().unwrap();
    let then = then.replace("CACHE", &folder.path().display().to_string());
    let wrapper = on_mount(folder.path(), options, &then);
    let wrapper: Vec<&str> = wrapper.iter().map(String::as_str).collect();
    Labrunner::through(&wrapper, ["ch2", "hello-map"]).env("LABRUNNER_CACHE", folder.path()).run()
}

#[test]
fn with_a_full_disk() {
    let done = run_on_mount("size=45M", "");
    cannot_run(&done, &["disk", "full"]);
}

#[test]
fn with_a_cache_that_cannot_be_written() {
    let done = run_on_mount("size=100M", "mount -o remount,ro CACHE &&");
    cannot_run(&done, &["Read-only file system", "LABRUNNER_CACHE"]);
}

#[test]
fn without_a_home() {
    let mut command = Labrunner::new(["ch2", "hello-map"]).env("HOME", "");
    command = command.env("XDG_CACHE_HOME", "");
    let done = command.run();
    assert!([0, 69].contains(&done.code), "{done}");
}

#[test]
fn a_damaged_machine_is_made_again() {
    let cache = cache();
    let run = || Labrunner::new(["ch2", "hello-map"]).env("LABRUNNER_CACHE", cache.path()).run();
    let first = run();
    assert_eq!(first.code, 0, "{first}");
    assert!(first.stderr.contains("Saved "), "{first}");
    let [saved] = &saved_machines(cache.path())[..] else { panic!("one saved machine") };

    let good = fs::read(saved).unwrap();
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    for (how, bytes) in [
        ("one bit", flipped),
        ("cut off", good[..good.len() / 3].to_vec()),
        ("empty", Vec::new()),
        ("something else", b"not a machine\n".repeat(1000)),
    ] {
        fs::write(saved, bytes).unwrap();
        let again = run();
        assert_eq!(again.code, 0, "{how}: {again}");
        assert!(again.stderr.contains("making it again"), "{how}: {again}");
        let quiet = run();
        assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""), "{how}: {quiet}");
    }
}

#[test]
fn two_at_once_make_one_machine() {
    let cache = cache();
    let start =
        || Labrunner::new(["ch2", "hello-map"]).env("LABRUNNER_CACHE", cache.path()).start();
    let mut both = [start(), start()];
    for one in &mut both {
        assert!(one.wait().unwrap().success());
    }
    assert_eq!(saved_machines(cache.path()).len(), 1);
}
