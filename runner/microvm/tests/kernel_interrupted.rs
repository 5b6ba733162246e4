//! Adding kernels when something comes between: a kill, a full disk, a store that is deleted.

#[path = "kernel_store/repository.rs"]
#[allow(dead_code, reason = "each test program uses a part of it")]
mod repository;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use microvm::kernel::{AptMachine, KernelError, Store};
use repository::{CONFIG, Repository, bzimage, names};

const RELEASE: &str = "6.1.0-8-cloud-amd64";

/// An archive with one kernel, and an empty store.
fn with_one_kernel() -> Option<(tempfile::TempDir, Store, Repository)> {
    let mut repository = Repository::new()?;
    repository.add_kernel(RELEASE, "6.1.20-1");
    let root = tempfile::tempdir().unwrap();
    let store = Store::new(root.path());
    Some((root, store, repository))
}

#[test]
fn a_store_that_is_deleted_meanwhile_is_an_error_and_can_be_filled_again() {
    let Some((root, store, repository)) = with_one_kernel() else { return };
    let machine = repository.machine();
    for stop in ["Fetching", "Downloading", "Unpacking"] {
        let result = store.add_from(&machine, "6.1", &mut |sentence| {
            if sentence.starts_with(stop) {
                fs::remove_dir_all(root.path()).unwrap();
            }
        });
        // Early enough the folders are made again; what counts is that the store agrees.
        assert_eq!(result.ok(), store.get("6.1").ok(), "{stop}");
        let _ = store.remove("6.1");
    }
    store.add_from(&machine, "6.1", &mut |_| {}).unwrap();
}

/// Not a test of its own: the process that the tests below kill or starve. It adds a kernel from the
/// archive in `MICROVM_TEST_SOURCES` to the store in `MICROVM_TEST_ROOT` and, if told, stops for good at
/// the sentence that begins as told.
#[test]
fn child() {
    let Ok(root) = std::env::var("MICROVM_TEST_ROOT") else { return };
    let sources = std::env::var("MICROVM_TEST_SOURCES").unwrap();
    let stop = std::env::var("MICROVM_TEST_STOP").unwrap_or_default();
    let architecture = microvm::kernel::Architecture::Amd64;
    let machine = AptMachine { sources: sources.into(), own_lists: false, architecture };
    let result = Store::new(root).add_from(&machine, "6.1", &mut |sentence| {
        if !stop.is_empty() && sentence.starts_with(&stop) {
            println!("\nstopped");
            std::thread::sleep(std::time::Duration::from_secs(60));
        }
    });
    match result {
        Ok(kernel) => println!("\nadded {}", kernel.release),
        Err(error) => println!("\nerror {error}"),
    }
}

/// This program, running nothing but [`child`].
fn child_command(launcher: &[&str], root: &Path, machine: &AptMachine, stop: &str) -> Command {
    let this = std::env::current_exe().unwrap();
    let mut words: Vec<&str> = launcher.to_vec();
    words.push(this.to_str().unwrap());
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).args(["--exact", "child", "--nocapture"]);
    command.env("MICROVM_TEST_ROOT", root).env("MICROVM_TEST_SOURCES", &machine.sources);
    command.env("MICROVM_TEST_STOP", stop).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

#[test]
fn what_a_killed_add_leaves_is_not_trusted_and_cleared_away() {
    let Some((root, store, repository)) = with_one_kernel() else { return };
    let machine = repository.machine();
    for stop in ["Fetching", "Downloading", "Unpacking"] {
        let mut child = child_command(&[], root.path(), &machine, stop).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.map_while(Result::ok).any(|line| line == "stopped"), "{stop}");
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!names(root.path()).is_empty());
        assert!(matches!(store.get("6.1"), Err(KernelError::NotAdded { .. })));
        assert_eq!(store.list().unwrap(), []);
    }
    store.add_from(&machine, "6.1", &mut |_| {}).unwrap();
    assert_eq!(names(root.path()), ["6.1"]);
}

#[test]
fn a_full_disk_is_told_and_nothing_is_left_on_it() {
    let Some(mut repository) = Repository::new() else { return };
    // Does not compress, so the package does not fit on the small disk below.
    let mut image = bzimage(RELEASE, 3 << 20);
    let mut noise = 1_u32;
    for byte in &mut image[0x1000..] {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (noise >> 24) as u8;
    }
    repository.add_kernel_with(RELEASE, "1", &image, CONFIG);
    let machine = repository.machine();
    for (size, place) in [("5m", "while unpacking"), ("2m", "while downloading"), ("64k", "before")]
    {
        let root = tempfile::tempdir().unwrap();
        let script = format!(
            "mount -t tmpfs -o size={size} none {root} && \"$@\"; ls -A {root}",
            root = root.path().display()
        );
        let launcher = ["unshare", "--mount", "--map-root-user", "sh", "-c", &script, "sh"];
        let output = child_command(&launcher, root.path(), &machine, "").output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let text = text.unwrap_or_default();
        if !text.contains("running 1 test") {
            return eprintln!("skipped: this user may not mount a small disk");
        }
        assert!(text.contains("\nerror the disk is full"), "{place}: {text}");
        assert!(text.trim_end().ends_with(".lock"), "{place}: {text}");
    }
}

#[test]
fn a_machine_without_apt_is_told_how_to_go_on() {
    let Some((root, _store, repository)) = with_one_kernel() else { return };
    let mut command = child_command(&[], root.path(), &repository.machine(), "");
    let output = command.env("PATH", root.path()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("\nerror apt-get is not installed"), "{text}");
    assert!(text.contains("add a kernel image of your own"), "{text}");
}
