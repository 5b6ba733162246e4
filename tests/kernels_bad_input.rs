//! What can come between while kernels are added or used, and what is left then.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

use course_tests::{Place, ended, kernels};
use rustix::process::{Pid, Signal, kill_process};

#[test]
fn names_that_are_none_are_refused_before_anything_is_fetched() {
    let place = Place::new();
    ended(&place.add("mine"), 0, &[]);
    for arguments in [
        &["ch3", "hello-xdp", "--kernel", "2.4"][..],
        &["ch3", "hello-xdp", "--kernel", "7,2.4"],
        &["ch3", "hello-xdp", "--kernel", "7", "--kernel", "2.4"],
        &["kernel", "add", "6.12", "2.4"],
        &["kernel", "default", "2.4"],
        &["kernel", "refresh", "6.12", "2.4"],
        &["kernel", "remove", "2.4"],
        &["kernel", "remove", "mine", "2.4"],
        &["kernel", "remove", "../cache"],
        &["kernel", "add"],
        &["kernel", "add", "--name", "mine"],
        &["kernel", "add", "6.1", "--image", "x"],
        &["ch3", "hello-xdp", "--kernel", "host"],
    ] {
        let done = place.run(arguments);
        assert_eq!(done.code, 2, "{arguments:?}: {done}");
        assert!(!done.stderr.contains("Fetching"), "{arguments:?}: {done}");
        assert_eq!(place.cached("kernels"), ["mine"], "{arguments:?}");
    }
    let done = place.run(&["ch3", "hello-xdp", "--kernel", "2.4"]);
    ended(&done, 2, &["There is no kernel 2.4: use one of", "6.1", "mine", "--name 2.4"]);
    for list in [",", "", " , ,"] {
        let done = place.run(&["ch3", "hello-xdp", "--kernel", list]);
        ended(&done, 2, &["names no kernel: give one such as 6.1"]);
        let done = place.run(&["ch3", "hello-xdp", "--kernel", list, "--show-commands"]);
        ended(&done, 2, &["names no kernel"]);
    }
    let text = place.text("my image");
    let done = place.run(&["kernel", "add", "--image", &text, "--name", "all"]);
    ended(&done, 2, &["`all` stands for all kernels"]);
}

#[test]
fn files_that_are_no_kernel_are_refused_and_leave_nothing() {
    let place = Place::new();
    let image = fs::read(place.path("my image")).unwrap();
    fs::write(place.path("cut"), &image[..image.len() / 2]).unwrap();
    fs::write(place.path("text"), "no kernel").unwrap();
    fs::write(place.path("empty"), "").unwrap();
    for (file, reason) in [
        ("cut", "cut off"),
        ("text", "the mark neither of"),
        ("empty", "empty"),
        ("absent", "No such file"),
        (".", "Is a directory"),
    ] {
        let done = place.run(&["kernel", "add", "--name", "x", "--image", &place.text(file)]);
        ended(&done, 2, &[reason]);
        assert_eq!(place.cached("kernels"), [""; 0], "{file}");
    }
    let (image, config) = (place.text("my image"), place.text("my.config"));
    let files = ["kernel", "add", "--name", "x", "--image", &image, "--config"];
    let done = place.run(&[&files[..], &["/nonexistent"]].concat());
    ended(&done, 2, &["/nonexistent", "No such file"]);
    let done = place.run(&[&files[..], &[&config, "--modules", "/nonexistent"]].concat());
    ended(&done, 2, &["/nonexistent", "No such file"]);
    assert_eq!(place.cached("kernels"), [""; 0]);
}

#[test]
fn a_kernel_that_cannot_do_says_which_option_is_missing() {
    let place = Place::new();
    let config = fs::read_to_string(place.path("my.config")).unwrap();
    for option in ["CONFIG_DEBUG_INFO_BTF", "CONFIG_BPF_SYSCALL", "CONFIG_KPROBES"] {
        let set = format!("{option}=y");
        assert!(config.contains(&set));
        let without = config.replace(&set, &format!("# {option} is not set"));
        fs::write(place.path("my.config"), without).unwrap();
        ended(&place.add("mine"), 2, &[&format!("{option} is not set")]);
        assert_eq!(place.cached("kernels"), [""; 0]);
    }
    fs::write(place.path("my.config"), &config).unwrap();
    let (image, config) = (place.text("my image"), place.text("my.config"));
    fs::create_dir(place.path("no modules")).unwrap();
    let modules = place.text("no modules");
    let files = ["--image", &image, "--config", &config, "--modules", &modules, "--name", "mine"];
    let done = place.run(&[&["kernel", "add"], &files[..]].concat());
    ended(&done, 2, &["virtio_console as modules", "lib/modules/"]);
    assert_eq!(place.cached("kernels"), [""; 0]);
    // Nobody can tell then, and that is said.
    let done = place.run(&["kernel", "add", "--image", &image, "--name", "mine"]);
    ended(&done, 0, &["Added mine", "No configuration was given"]);
    let done = place.run(&["ch3", "hello-xdp", "--kernel", "mine"]);
    ended(
        &done,
        69,
        &["virtio_pci and virtio_console are neither", "--modules lib/modules/RELEASE"],
    );
    assert!(!place.cached("machines").iter().any(|name| name.contains("mine")));
}

#[test]
fn one_series_that_cannot_be_added_keeps_no_other_from_it() {
    let place = Place::new();
    let path = place.path("cache/kernels");
    fs::create_dir_all(&path).unwrap();
    let copied = Command::new("cp").arg("-r").arg(kernels().join("6.1")).arg(&path).status();
    assert!(copied.unwrap().success());
    let series = ["kernel", "add", "6.12", "6.1", "5.10"];
    let done = place.run_after("-n", "true", &series);
    let two = "2 of 3 kernels could not be added: 6.12, 5.10.";
    ended(&done, 69, &["6.1 is there already", "mirror cannot be reached", two]);
    let done = place.run_after("-n", "true", &[&series[..], &["--format", "json"]].concat());
    assert_eq!(done.code, 69, "{done}");
    let lines: Vec<serde_json::Value> =
        done.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said = |at: usize, field: &str| lines[at][field].as_str().unwrap_or_default().to_string();
    assert_eq!((said(0, "series"), said(0, "verdict")), ("6.12".into(), "environment".into()));
    assert!(said(0, "message").contains("mirror cannot be reached"), "{done}");
    assert!(said(1, "release").starts_with("6.1."), "{done}");
    assert_eq!(said(2, "series"), "5.10");
    assert!(said(3, "message").contains(two), "{done}");
    assert_eq!(place.cached("kernels"), ["6.1"]);
}

#[test]
fn without_a_network() {
    let place = Place::new();
    let done = place.run_after("-n", "true", &["kernel", "add", "6.12"]);
    ended(&done, 69, &["mirror cannot be reached", "kernel add --image FILE"]);
    assert_eq!(place.cached("kernels"), [""; 0]);
    let done = place.run_after("-n", "true", &["ch3", "hello-xdp", "--kernel", "6.12"]);
    ended(&done, 69, &["mirror cannot be reached", "--on host"]);
    assert_eq!(place.cached("kernels"), [""; 0]);
}

/// Covers apt's sources with an archive that lists one kernel, whose package is gone.
fn with_an_archive(place: &Place) -> String {
    let lists = place.path("archive/dists/bookworm/main/binary-amd64");
    fs::create_dir_all(&lists).unwrap();
    let packages = "Package: linux-image-6.1.0-8-cloud-amd64\nVersion: 6.1.20-1\n\
                    Architecture: amd64\nMaintainer: test\nDescription: test\n\
                    Filename: pool/gone.deb\nSize: 1000000\nSHA256: 0000000000000000000000000000000\
                    000000000000000000000000000000000\n\n";
    fs::write(lists.join("Packages"), packages).unwrap();
    let sum = Command::new("sha256sum").arg(lists.join("Packages")).output().unwrap().stdout;
    let digest = String::from_utf8_lossy(&sum[..64]).into_owned();
    let release = format!(
        "Origin: Test\nSuite: bookworm\nCodename: bookworm\nArchitectures: amd64\nComponents: main\n\
         Date: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n {digest} {} main/binary-amd64/Packages\n",
        packages.len()
    );
    fs::write(place.path("archive/dists/bookworm/Release"), release).unwrap();
    fs::create_dir_all(place.path("apt/apt.conf.d")).unwrap();
    let source = format!("deb [trusted=yes] file:{} bookworm main\n", place.text("archive"));
    fs::write(place.path("apt/sources.list"), source).unwrap();
    format!(
        "mount -t tmpfs none /var/lib/apt/lists && mkdir /var/lib/apt/lists/partial && \
         mount --bind '{}' /etc/apt",
        place.text("apt")
    )
}

#[test]
fn a_package_that_is_gone_from_the_mirror() {
    if Command::new("apt-get").arg("--version").output().is_err() {
        println!("not tried: there is no apt");
        return;
    }
    let place = Place::new();
    let script = with_an_archive(&place);
    let done = place.run_after("", &script, &["kernel", "add", "6.1"]);
    ended(&done, 69, &["linux-image-6.1.0-8-cloud-amd64 is gone from the mirror", "--image FILE"]);
    assert_eq!(place.cached("kernels"), [""; 0]);
    // The archive does not even list this one any more.
    let done = place.run_after("", &script, &["kernel", "add", "5.10"]);
    ended(&done, 69, &["has no kernel 5.10 any more"]);
    assert_eq!(place.cached("kernels"), [""; 0]);
    // Where apt knows no archive that we know, an image will do.
    fs::write(place.path("apt/sources.list"), "").unwrap();
    let done = place.run_after("", &script, &["kernel", "add", "6.1"]);
    ended(&done, 69, &["name no archive of Debian or Ubuntu", "--image FILE"]);
    ended(&place.add("mine"), 0, &[]);
    let default = place.run_after("", &script, &["kernel", "default"]);
    ended(&default, 0, &["mine\n"]);
    let done = place.run_after("", &script, &["ch3", "hello-xdp", "--kernel", "6.1"]);
    ended(&done, 2, &["6.1 has not been added; there are mine"]);
}

#[test]
fn without_apt() {
    let place = Place::new();
    let command = place.command(&["kernel", "add", "6.12"]);
    let (command, _path) = command.without_programs(&["apt-get", "apt-cache"]);
    ended(&command.run(), 69, &["Apt-get is not installed", "kernel add --image FILE"]);
    let words = place.adding("mine");
    let command = place.command(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let (command, _path) = command.without_programs(&["apt-get", "apt-cache"]);
    ended(&command.run(), 0, &["Added mine"]);
}

#[test]
fn a_disk_that_is_full_halfway() {
    let place = Place::new();
    let cache = place.text("cache");
    // Halfway through the image, through the modules, and with no room for the lock's folder.
    for size in ["8m", "16m", "8k"] {
        let script = format!("mkdir -p '{cache}' && mount -t tmpfs -o size={size} none '{cache}'");
        let words = place.adding("mine");
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        // What is left on the small disk is seen from within only.
        let look = format!(
            "{script} && \"$0\" \"$@\"; code=$?; ls -A '{cache}'/kernels; exit $code; true"
        );
        let done = place.run_after("", &look, &words);
        ended(&done, 69, &["disk is full", "LABRUNNER_CACHE"]);
        assert_eq!(done.stdout.replace(".lock\n", ""), "", "{size}: {done}");
    }
    ended(&place.add("mine"), 0, &[]);
}

#[test]
fn two_adds_at_once() {
    let place = Place::new();
    let words = place.adding("mine");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut all: Vec<_> = (0..4).map(|_| place.command(&words).start()).collect();
    for one in &mut all {
        assert!(one.wait().unwrap().success());
    }
    assert_eq!(place.cached("kernels"), ["mine"]);
    let list = place.run(&["kernel", "list", "--format", "json"]).json();
    assert!(list["kernels"][0]["problem"].is_null(), "{list}");
}

#[test]
fn an_add_that_is_killed_leaves_nothing_that_is_trusted() {
    let place = Place::new();
    let words = place.adding("mine");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let whole = place.add("other").took;
    ended(&place.run(&["kernel", "remove", "other"]), 0, &[]);
    let mut complete = 0;
    for after in (0..15).map(|n| whole * n / 12) {
        let mut child = place.command(&words).start();
        std::thread::sleep(after);
        kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
        child.wait().unwrap();
        let list = place.run(&["kernel", "list", "--format", "json"]).json();
        match &list["kernels"].as_array().unwrap()[..] {
            [] => {}
            [kernel] if kernel["problem"].is_null() => complete += 1,
            other => panic!("{other:?} after {after:?}"),
        }
    }
    println!("{complete} of 15 were complete, a whole one takes {whole:?}");
    ended(&place.add("mine"), 0, &[]);
    assert_eq!(place.cached("kernels"), ["mine"]);
}

#[test]
fn the_cache_is_deleted_while_labs_run() {
    let place = Place::new();
    ended(&place.add("mine"), 0, &[]);
    let kept = place.text("kept");
    let copy = |from: &str, to: &str| {
        let status = Command::new("cp").args(["-r", from, to]).status().unwrap();
        assert!(status.success());
    };
    copy(&place.text("cache"), &kept);
    let lab = ["ch3", "hello-xdp", "--kernel", "mine"];
    let mut ends = Vec::new();
    for milliseconds in [0, 30, 100, 500, 2000] {
        let _ = fs::remove_dir_all(place.path("cache"));
        copy(&kept, &place.text("cache"));
        let command = place.command(&lab);
        let cache = place.path("cache");
        let done = std::thread::scope(|scope| {
            let running = scope.spawn(move || command.run());
            std::thread::sleep(Duration::from_millis(milliseconds));
            let _ = fs::remove_dir_all(cache);
            running.join().unwrap()
        });
        match done.code {
            0 => {}
            2 => ended(&done, 2, &["There is no kernel mine"]),
            _ => ended(&done, 69, &["ry again"]),
        }
        ends.push((milliseconds, done.code));
        // Whatever was written since is complete.
        let list = place.run(&["kernel", "list", "--format", "json"]).json();
        assert_eq!(list["kernels"].as_array().unwrap().len(), 0, "after {milliseconds} ms");
    }
    println!("{ends:?}");
    let _ = fs::remove_dir_all(place.path("cache"));
    copy(&kept, &place.text("cache"));
    ended(&place.run(&lab), 0, &[]);
}

#[test]
fn a_qemu_that_is_too_old_is_told() {
    let place = Place::new();
    ended(&place.add("mine"), 0, &[]);
    let programs = place.path("programs");
    fs::create_dir(&programs).unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let with_qemu = |version: &str| {
        let qemu = programs.join("qemu-system-x86_64");
        let script = format!(
            "#!/bin/sh\n[ \"$1\" = --version ] && echo 'QEMU emulator version {version}' && exit\n\
             echo \"$0: -chardev socket,id=qmp,fd=4: Invalid parameter 'fd'\" >&2\nexit 1\n"
        );
        fs::write(&qemu, script).unwrap();
        fs::set_permissions(&qemu, fs::Permissions::from_mode(0o755)).unwrap();
        place.command(&["ch3", "hello-xdp", "--kernel", "mine"]).env("PATH", &path).run()
    };
    let done = with_qemu("2.8.1(Debian 1:2.8+dfsg-6)");
    ended(
        &done,
        69,
        &["QEMU 2.8 is too old", "2.12 or newer", "Invalid parameter 'fd'", "--on host"],
    );
    // One that is new enough and still refuses is another matter.
    let done = with_qemu("7.2.17 (Debian)");
    ended(&done, 69, &["Invalid parameter 'fd'"]);
    assert!(!done.stdout.contains("too old"), "{done}");
    let machines = place.cached("machines");
    assert!(!machines.iter().any(|name| name.contains("mine")), "{machines:?}");
}
