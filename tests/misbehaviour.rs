//! Labs that hang, flood, crash, or take the kernel down.

use std::time::Duration;

use course_tests::{CourseCopy, Finished, Labrunner};

fn run(how: &str, more: &[&str]) -> Finished {
    let course = CourseCopy::with_misbehaving_lab(how);
    let arguments = ["ch2", "hello-map"].iter().chain(more);
    Labrunner::new(arguments).within(course.path()).run()
}

#[test]
fn a_lab_that_hangs_is_ended_and_its_stage_named() {
    for (how, stage) in [("hang-open", "open"), ("hang-observe", "trigger")] {
        let done = run(how, &["--deadline", "1.5", "--format", "json"]);
        assert!(done.took < Duration::from_secs(15), "{:?}", done.took);
        assert_eq!(done.code, 1, "{done}");
        assert_eq!(done.json()["verdict"], "timeout", "{done}");
        assert_eq!(done.json()["stage"], stage, "{done}");
    }
    let done = run("hang-observe", &["--deadline", "1.5"]);
    assert!(done.stdout.contains("FAIL  at trigger: still running after 1.5 s"), "{done}");
}

#[test]
fn a_hundred_megabytes_of_output_are_cut_off() {
    let done = run("flood", &[]);
    assert_eq!(done.code, 1, "{done}");
    assert!(
        done.stdout.contains("it printed more than 8 MB and was ended"),
        "{}",
        done.stdout.len()
    );
    assert!(done.stdout.len() < 10_000, "{}", done.stdout.len());
    assert!(done.took < Duration::from_secs(15), "{:?}", done.took);
}

#[test]
fn bytes_that_are_no_text_cannot_harm_the_terminal() {
    let done = run("binary", &["--raw"]);
    assert_eq!(done.code, 1, "{done}");
    assert!(done.stdout.contains("caf\u{fffd}"), "{done}");
    assert!(!done.stdout.contains('\x1b'), "{done}");
}

#[test]
fn a_lab_that_crashes_is_a_failure() {
    let done = run("crash", &[]);
    assert_eq!(done.code, 1, "{done}");
    assert!(done.stdout.contains("the lab ended with signal 6"), "{done}");
}

#[test]
fn a_crash_of_the_machine_is_told_apart_from_a_failure() {
    let done = run("panic", &[]);
    assert_eq!(done.code, 69, "{done}");
    assert!(done.stdout.contains("Kernel panic - not syncing: sysrq triggered crash"), "{done}");
    assert!(done.stdout.contains("not yours"), "{done}");
}
