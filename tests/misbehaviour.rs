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
fn a_right_answer_counts_only_from_a_kernel_that_is_well() {
    let right = Labrunner::new(["ch2", "hello-map", "--format", "json"]).run().json();
    let output = right["output"].as_str().expect("it prints something");
    for kernel in ["6.1", "6.12"] {
        let run = |how: &str, format: &str| {
            let course = CourseCopy::with_lab_that(&format!("[{output:?}, {how:?}]"));
            let arguments = ["ch2", "hello-map", "--kernel", kernel, "--format", format];
            Labrunner::new(arguments).within(course.path()).run()
        };
        let done = run("print", "json");
        assert_eq!((done.code, done.json()["trouble"].is_null()), (0, true), "{done}");
        let done = run("warn", "json");
        assert_eq!(done.code, 69, "{done}");
        let result = done.json();
        assert_eq!(result["verdict"], "environment", "{done}");
        assert_eq!(result["trouble"]["kind"], "warning", "{done}");
        let report = result["trouble"]["report"].as_str().unwrap();
        assert!(report.contains("Call Trace:"), "{report}");
        let done = run("warn", "text");
        assert_eq!(done.code, 69, "{done}");
        for words in ["CANNOT RUN", "got into trouble: WARNING: CPU: 0 PID: ", "lines more: --raw"]
        {
            assert!(done.stdout.contains(words), "{words}: {done}");
        }
        assert!(!done.stdout.contains("PASS"), "{done}");
    }
}

#[test]
fn a_crash_of_the_machine_is_told_apart_from_a_failure() {
    let done = run("panic", &[]);
    assert_eq!(done.code, 69, "{done}");
    assert!(done.stdout.contains("Kernel panic - not syncing: sysrq triggered crash"), "{done}");
    assert!(done.stdout.contains("not yours"), "{done}");
}
