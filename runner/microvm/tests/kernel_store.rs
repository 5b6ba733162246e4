//! Adding kernels from an archive made for the test: what works, and each way in which it can fail.

#[path = "kernel_store/repository.rs"]
mod repository;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use microvm::kernel::{AptMachine, Kernel, KernelError, Store};
use repository::{CONFIG, Repository, bzimage};

const RELEASE: &str = "6.1.0-8-cloud-amd64";

fn add(store: &Store, machine: &AptMachine) -> Result<Kernel, KernelError> {
    store.add_from(machine, "6.1", &mut |_| {})
}

/// What lies in a store's folder, but for the lock.
fn names(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != ".lock");
    names.sort();
    names
}

/// A store, an archive with one kernel, and the file of its package.
fn with_one_kernel() -> Option<(tempfile::TempDir, Store, Repository, std::path::PathBuf)> {
    let mut repository = Repository::new()?;
    let deb = repository.add_kernel(RELEASE, "6.1.20-1");
    let root = tempfile::tempdir().unwrap();
    let store = Store::new(root.path());
    Some((root, store, repository, deb))
}

#[test]
fn the_newest_kernel_is_added_and_nothing_else_is_left() {
    let Some((root, store, mut repository, _)) = with_one_kernel() else { return };
    repository.add_kernel("6.1.0-10-cloud-amd64", "6.1.100-1");
    repository.add_kernel("6.12.1-cloud-amd64", "6.12.1-1");
    repository.add_kernel("6.1.0-9-amd64", "6.1.999-1");
    let mut said = vec![];
    let kernel = store
        .add_from(&repository.machine(), "6.1", &mut |sentence| said.push(sentence.to_owned()))
        .unwrap();
    assert_eq!(kernel.release, "6.1.0-10-cloud-amd64");
    assert_eq!(kernel.origin, "linux-image-6.1.0-10-cloud-amd64 6.1.100-1");
    assert!(kernel.modules.join("kernel/drivers/net/veth.ko").is_file());
    assert_eq!(fs::read_to_string(kernel.config.as_ref().unwrap()).unwrap(), CONFIG);
    assert!(kernel.bytes > 300_000 && store.bytes().unwrap() >= kernel.bytes);
    assert_eq!(
        said,
        [
            "Fetching the package lists of bookworm-updates",
            "Fetching the package lists of bookworm",
            "Downloading linux-image-6.1.0-10-cloud-amd64 (1 MB)",
            "Unpacking linux-image-6.1.0-10-cloud-amd64 6.1.100-1",
        ]
    );
    assert_eq!(store.get("6.1").unwrap(), kernel);
    assert_eq!(store.list().unwrap(), [kernel]);
    assert_eq!(names(root.path()), ["6.1"]);
}

#[test]
fn one_that_is_there_stays_until_it_is_refreshed_or_removed() {
    let Some((root, store, mut repository, _)) = with_one_kernel() else { return };
    let machine = repository.machine();
    let old = add(&store, &machine).unwrap();
    repository.add_kernel("6.1.0-9-cloud-amd64", "6.1.21-1");
    assert_eq!(add(&store, &machine).unwrap(), old);
    let new = store.refresh(&machine, "6.1", &mut |_| {}).unwrap();
    assert_eq!(new.release, "6.1.0-9-cloud-amd64");
    assert_eq!(names(root.path()), ["6.1"]);

    assert!(store.remove("6.1").unwrap() >= new.bytes);
    assert!(matches!(store.get("6.1"), Err(KernelError::NotAdded { .. })));
    assert!(matches!(store.remove("6.1"), Err(KernelError::NotAdded { .. })));
    assert_eq!(names(root.path()), [""; 0]);
}

#[test]
fn a_package_that_is_gone_from_the_mirror() {
    let Some((root, store, repository, deb)) = with_one_kernel() else { return };
    fs::remove_file(deb).unwrap();
    let error = add(&store, &repository.machine()).unwrap_err();
    assert!(matches!(error, KernelError::Gone { .. }), "{error}");
    assert_eq!(names(root.path()), [""; 0]);
}

#[test]
fn a_package_with_another_digest_is_refused_by_apt() {
    let Some((root, store, repository, deb)) = with_one_kernel() else { return };
    let mut data = fs::read(&deb).unwrap();
    let middle = data.len() / 2;
    data[middle] ^= 1;
    fs::write(&deb, data).unwrap();
    let error = add(&store, &repository.machine()).unwrap_err();
    assert!(matches!(error, KernelError::Package { .. }), "{error}");
    assert_eq!(names(root.path()), [""; 0]);
}

#[test]
fn a_package_that_cannot_be_unpacked() {
    let Some((root, store, mut repository, deb)) = with_one_kernel() else { return };
    let whole = fs::read(&deb).unwrap();
    for data in [b"garbage".as_slice(), &whole[..whole.len() / 2]] {
        repository.replace(&deb, data);
        let error = add(&store, &repository.machine()).unwrap_err();
        assert!(matches!(error, KernelError::Package { .. }), "{error}");
        assert_eq!(names(root.path()), [""; 0]);
    }
}

#[test]
fn a_package_without_an_image_or_with_something_else_in_its_place() {
    let Some(mut repository) = Repository::new() else { return };
    let root = tempfile::tempdir().unwrap();
    let store = Store::new(root.path());
    repository.add(RELEASE, "1", &[("boot/config-6.1.0-8-cloud-amd64", CONFIG.as_bytes())]);
    let error = add(&store, &repository.machine()).unwrap_err();
    assert!(matches!(error, KernelError::Package { .. }), "{error}");
    repository.add_kernel_with(RELEASE, "2", &[0; 5000], CONFIG);
    let error = add(&store, &repository.machine()).unwrap_err();
    assert!(matches!(error, KernelError::NotAKernel { .. }), "{error}");
    repository.add_kernel_with(
        RELEASE,
        "3",
        &bzimage(RELEASE, 9000),
        &CONFIG.replace("BTF=y", "BTF=n"),
    );
    let error = add(&store, &repository.machine()).unwrap_err();
    assert!(error.to_string().contains("CONFIG_DEBUG_INFO_BTF is not set"), "{error}");
    assert_eq!(names(root.path()), [""; 0]);
}

#[test]
fn a_series_that_nobody_knows_or_the_archive_does_not_have() {
    let Some((_root, store, repository, _)) = with_one_kernel() else { return };
    let add = |series| store.add_from(&repository.machine(), series, &mut |_| {}).unwrap_err();
    assert!(matches!(add("4.4"), KernelError::UnknownSeries { .. }));
    let error = add("5.10");
    assert!(matches!(error, KernelError::NoPackage { .. }), "{error}");
    assert!(matches!(add("../5"), KernelError::BadName(_)));
}

#[test]
fn a_mirror_that_cannot_be_reached_or_trusted_or_is_not_named() {
    let Some((root, store, repository, _)) = with_one_kernel() else { return };
    // The discard port: nothing listens there.
    let nobody = repository.machine_with("deb http://127.0.0.1:9/debian bookworm main\n");
    let error = add(&store, &nobody).unwrap_err();
    assert!(matches!(error, KernelError::Network { .. }), "{error}");
    let line = format!("deb file:{} bookworm main\n", repository.path().display());
    let error = add(&store, &repository.machine_with(&line)).unwrap_err();
    assert!(matches!(error, KernelError::Untrusted { .. }), "{error}");
    let error = add(&store, &repository.machine_with("")).unwrap_err();
    assert!(matches!(error, KernelError::NoArchive(_)), "{error}");
    assert_eq!(names(root.path()), [""; 0]);
}

#[test]
fn two_adds_at_once_wait_for_each_other_and_share_the_work() {
    let Some((root, store, repository, _)) = with_one_kernel() else { return };
    let machine = repository.machine();
    let add_and_listen = || {
        let mut said = vec![];
        store.add_from(&machine, "6.1", &mut |sentence| said.push(sentence.to_owned())).unwrap();
        said
    };
    let (one, two) = std::thread::scope(|scope| {
        let (one, two) = (scope.spawn(add_and_listen), scope.spawn(add_and_listen));
        (one.join().unwrap(), two.join().unwrap())
    });
    let unpacked = |said: &[String]| said.iter().any(|sentence| sentence.starts_with("Unpacking"));
    assert!(unpacked(&one) != unpacked(&two), "{one:?} {two:?}");
    assert_eq!(names(root.path()), ["6.1"]);
}

#[test]
fn a_damaged_kernel_is_told_and_added_again() {
    let Some((root, store, repository, _)) = with_one_kernel() else { return };
    let machine = repository.machine();
    let kernel = add(&store, &machine).unwrap();
    let damages: [fn(&Path); 4] = [
        |folder| fs::remove_file(folder.join("manifest.json")).unwrap(),
        |folder| fs::write(folder.join("manifest.json"), "{").unwrap(),
        |folder| fs::write(folder.join("vmlinuz"), "short").unwrap(),
        |folder| fs::remove_dir_all(folder.join("modules")).unwrap(),
    ];
    for damage in damages {
        damage(&root.path().join("6.1"));
        let error = store.get("6.1").unwrap_err();
        assert!(matches!(error, KernelError::Damaged { .. }), "{error}");
        assert_eq!(store.list().unwrap(), []);
        assert_eq!(add(&store, &machine).unwrap(), kernel);
        assert_eq!(names(root.path()), ["6.1"]);
    }
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
    let Some((root, store, repository, _)) = with_one_kernel() else { return };
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
    add(&store, &machine).unwrap();
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
