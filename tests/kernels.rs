//! `labrunner kernel`: adding, choosing and removing kernels.

use std::fs;
use std::path::Path;

use course_tests::{Place, ended};

#[test]
fn an_image_of_ones_own_runs_labs_is_the_default_and_goes_with_its_machines() {
    let place = Place::new();
    ended(&place.add("6.1-mine"), 0, &["Added 6.1-mine: Linux 6.1.0-", "my image"]);
    let lab = ["ch3", "hello-xdp", "--kernel", "6.1-mine,6.1-mine", "--format", "json"];
    let done = place.run(&lab);
    ended(&done, 0, &["Booting Linux 6.1-mine"]);
    // One object: the kernel was named twice and counts once.
    let result = done.json();
    assert_eq!(result["verdict"], "pass", "{done}");
    assert!(result["kernel"].as_str().unwrap().starts_with("6.1."), "{done}");

    ended(&place.run(&["kernel", "default"]), 0, &["6.1\n"]);
    ended(&place.run(&["kernel", "default", "6.1-mine"]), 0, &["6.1-mine from now on"]);
    let done = place.run(&["ch3", "hello-xdp", "--break", "license"]);
    assert_ne!(done.code, 69, "{done}");
    assert!(!done.stderr.contains("Looking into"), "{done}");

    let list = place.run(&["kernel", "list", "--format", "json"]).json();
    let [kernel] = &list["kernels"].as_array().unwrap()[..] else { panic!("{list}") };
    assert_eq!((&list["default"], &kernel["series"]), (&"6.1-mine".into(), &"6.1-mine".into()));
    let bytes = |name: &str| kernel[name].as_u64().unwrap();
    assert!(bytes("bytes") > 10_000_000 && bytes("machines_bytes") > 5_000_000, "{list}");
    ended(&place.run(&["kernel", "list"]), 0, &["* 6.1-mine  6.1.0-", "my image"]);

    let removed = place.run(&["kernel", "remove", "6.1-mine", "--format", "json"]);
    ended(&removed, 0, &["It was the default; that is 6.1 now."]);
    let freed = removed.json()["freed_bytes"].as_u64().unwrap();
    assert!(freed >= bytes("bytes") + bytes("machines_bytes"), "{freed} of {list}");
    assert_eq!(place.cached("kernels"), [""; 0]);
    let machines = place.cached("machines");
    assert!(!machines.iter().any(|name| name.contains("mine")), "{machines:?}");
    ended(&place.run(&["kernel", "default"]), 0, &["6.1\n"]);
}

#[test]
fn all_are_those_that_were_added() {
    let place = Place::new();
    ended(&place.add("one"), 0, &[]);
    ended(&place.add("two"), 0, &[]);
    let done = place.run(&["ch3", "hello-xdp", "--kernel", "two,all", "--format", "json"]);
    assert_eq!((done.code, done.stdout.lines().count()), (0, 2), "{done}");
    let at = |name: &str| done.stderr.find(name).unwrap_or_else(|| panic!("{name} in {done}"));
    assert!(at("Booting Linux two") < at("Booting Linux one"), "{done}");
    ended(&place.run(&["shell", "--kernel", "all"]), 2, &["name one series"]);
}

#[test]
fn the_kernel_of_this_machine() {
    let place = Place::new();
    let release = rustix::system::uname().release().to_string_lossy().into_owned();
    fs::create_dir(place.path("boot")).unwrap();
    let bind = format!("mount --bind '{}' /boot", place.text("boot"));
    let done = place.run_after("", &bind, &["kernel", "add", "host"]);
    let missing = !Path::new("/lib/modules").join(&release).join("vmlinuz").exists();
    if missing {
        ended(&done, 69, &[&format!("/boot/vmlinuz-{release}"), "kernel add --image FILE"]);
    }
    fs::copy(place.path("my image"), place.path(&format!("boot/vmlinuz-{release}"))).unwrap();
    let done = place.run_after("", &bind, &["kernel", "add", "host"]);
    if Path::new("/lib/modules").join(&release).is_dir() {
        // The image is of another kernel than the modules of this machine.
        ended(&done, 69, &["the modules in /lib/modules"]);
    } else {
        ended(&done, 0, &["Added host: Linux 6.1.0-"]);
        ended(&place.run(&["kernel", "default", "host"]), 0, &[]);
    }
}

#[test]
fn settings_that_cannot_be_written() {
    let place = Place::new();
    ended(&place.add("mine"), 0, &[]);
    fs::write(place.path("settings"), "a file in the way").unwrap();
    ended(&place.run(&["kernel", "default", "mine"]), 69, &["XDG_CONFIG_HOME", "--kernel"]);
    // In the way of nothing else.
    ended(&place.run(&["kernel", "default"]), 0, &["6.1\n"]);
    ended(&place.run(&["kernel", "remove", "mine"]), 0, &[]);
}

#[test]
fn settings_that_are_damaged_are_put_aside() {
    let place = Place::new();
    ended(&place.add("mine"), 0, &[]);
    let folder = place.path("settings/labrunner");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("settings.toml"), "version = 1\nkernel = ").unwrap();
    let done = place.run(&["ch3", "hello-xdp", "--kernel", "mine"]);
    ended(&done, 0, &[]);
    let done = place.run(&["kernel", "default"]);
    ended(&done, 0, &["could not be understood", "settings.damaged"]);
    assert_eq!(done.stderr.lines().count(), 1, "{done}");
    let again = place.run(&["kernel", "default"]);
    assert_eq!((again.code, again.stderr.as_str()), (0, ""), "{again}");
    assert!(folder.join("settings.damaged").exists());
}

#[test]
fn a_default_that_is_no_more() {
    let place = Place::new();
    ended(&place.add("mine"), 0, &[]);
    ended(&place.run(&["kernel", "default", "mine"]), 0, &[]);
    fs::remove_dir_all(place.path("cache")).unwrap();
    let done = place.run(&["ch3", "hello-xdp"]);
    ended(
        &done,
        69,
        &["default kernel cannot be used: There is no kernel mine", "kernel default 6.1"],
    );
    ended(&place.run(&["kernel", "default", "6.1"]), 0, &["6.1 from now on"]);
}

#[test]
fn a_damaged_kernel_is_shown_and_can_be_removed() {
    let place = Place::new();
    ended(&place.add("mine"), 0, &[]);
    fs::write(place.path("cache/kernels/mine/vmlinuz"), "short").unwrap();
    ended(&place.run(&["kernel", "list"]), 0, &["damaged: vmlinuz has 5 bytes"]);
    let done = place.run(&["ch3", "hello-xdp", "--kernel", "all"]);
    ended(&done, 69, &["mine", "is damaged", "labrunner kernel remove"]);
    ended(&place.run(&["kernel", "remove", "mine"]), 0, &["Removed mine"]);
    assert_eq!(place.cached("kernels"), [""; 0]);
}
