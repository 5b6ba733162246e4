//! Runs that are ended at some moment leave nothing behind.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use course_tests::{Labrunner, kernels, wait_until_gone};
use rustix::process::{Pid, Signal, kill_process};

/// Names of what is in a folder, sorted.
fn names(folder: &std::path::Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Ends `labrunner ch2 hello-map` after each of these times, with a warm or a cold cache.
fn end_it(signal: Signal, cold: bool, after: impl Iterator<Item = u64>) {
    let (cache, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    symlink(kernels(), cache.path().join("kernels")).unwrap();
    let labrunner = |mark: &str| {
        Labrunner::new(["ch2", "hello-map"])
            .env("LABRUNNER_CACHE", cache.path())
            .env("TMPDIR", temporary.path())
            .env("LABRUNNER_TEST_MARK", mark)
    };
    if !cold {
        assert_eq!(labrunner("warm").run().code, 0);
    }
    for milliseconds in after {
        let mark = format!("{}-{milliseconds}-{signal:?}", std::process::id());
        let mut child = labrunner(&mark).start();
        std::thread::sleep(Duration::from_millis(milliseconds));
        kill_process(Pid::from_child(&child), signal).unwrap();
        let status = child.wait().unwrap();
        if signal == Signal::INT {
            assert!(matches!(status.code(), Some(130 | 0)), "{status} after {milliseconds} ms");
        }
        wait_until_gone(&format!("LABRUNNER_TEST_MARK={mark}"));
        assert_eq!(names(temporary.path()), [""; 0], "after {milliseconds} ms");
        let machines = names(&cache.path().join("machines"));
        let known =
            |name: &String| name == "lock" || name.ends_with(".state") || name.ends_with(".notes");
        assert!(machines.iter().all(known), "{machines:?} after {milliseconds} ms");
    }
    let after = labrunner("after").run();
    assert_eq!(after.code, 0, "{after}");
}

#[test]
fn after_ctrl_c_at_any_moment() {
    end_it(Signal::INT, false, (0..20).map(|n| 20 + n * 25));
}

#[test]
fn after_a_kill_at_any_moment() {
    end_it(Signal::KILL, false, (0..20).map(|n| n * 30));
}

#[test]
fn after_an_end_while_the_machine_is_made() {
    end_it(Signal::KILL, true, [100, 1000, 2000, 2500, 2700].into_iter());
    end_it(Signal::INT, true, [100, 1500, 2600].into_iter());
}

/// On the host, what a lab attached goes with it.
#[test]
fn on_the_host_after_a_kill() {
    if !rustix::process::geteuid().is_root() {
        println!("not tried: not root");
        return;
    }
    for milliseconds in (0..10).map(|n| n * 20) {
        let mark = format!("host-{}-{milliseconds}", std::process::id());
        let mut child = Labrunner::new(["ch3", "hello-xdp", "--on", "host"])
            .env("LABRUNNER_TEST_MARK", &mark)
            .start();
        std::thread::sleep(Duration::from_millis(milliseconds));
        kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
        child.wait().unwrap();
        wait_until_gone(&format!("LABRUNNER_TEST_MARK={mark}"));
    }
    let done = Labrunner::new(["ch3", "hello-xdp", "--on", "host"]).run();
    assert!([0, 69].contains(&done.code), "{done}");
    assert!(!done.stdout.contains("busy"), "{done}");
}
