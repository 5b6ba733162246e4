//! Adding kernels from an archive made for the test: what works, and each way in which it can fail.

#[path = "kernel_store/repository.rs"]
#[allow(dead_code, reason = "each test program uses a part of it")]
mod repository;

use std::fs;
use std::path::Path;

use microvm::kernel::{AptMachine, Kernel, KernelError, Store};
use repository::{CONFIG, Repository, bzimage, names};

const RELEASE: &str = "6.1.0-8-cloud-amd64";

fn add(store: &Store, machine: &AptMachine) -> Result<Kernel, KernelError> {
    store.add_from(machine, "6.1", &mut |_| {})
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
    let check = |series| repository.machine().check_series(series);
    assert!(matches!(check("4.4"), Err(KernelError::UnknownSeries { .. })));
    assert!(check("5.10").is_ok() && check("7.2").is_ok());
    let nowhere = repository.machine_with("");
    assert!(matches!(nowhere.check_series("6.1"), Err(KernelError::NoArchive(_))));
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
        assert_eq!(store.names().unwrap(), ["6.1"]);
        assert_eq!(add(&store, &machine).unwrap(), kernel);
        assert_eq!(names(root.path()), ["6.1"]);
    }
}
