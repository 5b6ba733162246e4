use std::io::Write as _;
use std::process::{Command, Stdio};

use super::*;

fn sample() -> Vec<u8> {
    let mut archive = Writer::new(Vec::new());
    archive.directory("etc", 0o755).unwrap();
    archive.file("etc/motd", 0o644, b"hello").unwrap();
    archive.symlink("motd", "etc/motd").unwrap();
    archive.directory_of("home", 0o700, (1000, 1000)).unwrap();
    archive.directory("dev", 0o755).unwrap();
    archive.char_device("dev/console", 0o600, 5, 1).unwrap();
    archive.finish().unwrap()
}

#[test]
fn a_member_is_laid_out_as_the_format_says() {
    let mut archive = Writer::new(Vec::new());
    archive.file("a", 0o755, b"hello").unwrap();
    let bytes = archive.finish().unwrap();
    // magic, ino, mode, uid, gid, nlink, mtime, filesize, dev, rdev, namesize, check
    let header = concat!(
        "070701", "00000001", "000081ed", "00000000", "00000000", "00000001", "00000000",
        "00000005", "00000000", "00000000", "00000000", "00000000", "00000002", "00000000",
    );
    assert_eq!(&bytes[..HEADER], header.as_bytes());
    assert_eq!(&bytes[HEADER..HEADER + 2], b"a\0");
    assert_eq!(&bytes[112..120], b"hello\0\0\0");
    assert_eq!(&bytes[120..126], b"070701");
    assert_eq!(&bytes[230..241], b"TRAILER!!!\0");
    assert_eq!(bytes.len(), 512);
    assert!(bytes[241..].iter().all(|byte| *byte == 0));
}

#[test]
fn the_same_calls_give_the_same_bytes() {
    assert_eq!(sample(), sample());
}

#[test]
fn another_cpio_reads_it() {
    let Some(listing) =
        list_with("cpio", &["-t"]).or_else(|| list_with("busybox", &["cpio", "-t"]))
    else {
        eprintln!("skipped: neither cpio nor busybox is installed");
        return;
    };
    assert_eq!(listing, "etc\netc/motd\nmotd\nhome\ndev\ndev/console\n");
}

#[test]
fn another_cpio_sees_modes_owners_and_devices() {
    let Some(listing) = list_with("busybox", &["cpio", "-tv"]) else {
        eprintln!("skipped: busybox is not installed");
        return;
    };
    let columns: Vec<Vec<&str>> =
        listing.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(columns[0][0], "drwxr-xr-x");
    assert_eq!(columns[1][..3], ["-rw-r--r--", "0/0", "5"]);
    assert_eq!(columns[2].last(), Some(&"etc/motd"));
    assert_eq!(columns[3][..2], ["drwx------", "1000/1000"]);
    assert_eq!(columns[5][0], "crw-------");
}

/// Feeds the sample to `program`; `None` if it is not installed.
fn list_with(program: &str, args: &[&str]) -> Option<String> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(&sample()).ok()?;
    let output = child.wait_with_output().ok()?;
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn what_the_kernel_would_drop_is_an_error() {
    let mut archive = Writer::new(Vec::new());
    assert!(matches!(archive.file("bin/sh", 0o755, b""), Err(CpioError::NoParent { .. })));
    archive.file("bin", 0o644, b"").unwrap();
    assert!(matches!(archive.file("bin/sh", 0o755, b""), Err(CpioError::NoParent { .. })));
    assert!(matches!(archive.directory("bin", 0o755), Err(CpioError::Duplicate(_))));
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let mut archive = Writer::new(Vec::new());
    let long = "x".repeat(NAME_MAX);
    for name in ["", "/etc", "a//b", "a/", ".", "..", "a/../b", "a\0b", &long] {
        assert!(matches!(archive.file(name, 0o644, b""), Err(CpioError::Name(_))), "{name:?}");
    }
    assert!(matches!(archive.symlink("link", ""), Err(CpioError::Name(_))));
}

#[test]
fn parents_are_made_once() {
    let mut archive = Writer::new(Vec::new());
    archive.parents_of("a/b/c").unwrap();
    archive.parents_of("a/b/d").unwrap();
    assert!(archive.has_directory("a") && archive.has_directory("a/b"));
    assert!(!archive.has_directory("a/b/c"));
    archive.file("a/b/c", 0o644, b"").unwrap();
}
