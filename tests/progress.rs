//! What the learner has done so far: `labrunner` alone, `next`, `hint`, and the marks in `list`.

use std::fs;
use std::path::Path;

use course_tests::{Finished, Labrunner, ended};

fn run(home: &Path, words: &[&str]) -> Finished {
    Labrunner::new(words).env("XDG_STATE_HOME", home).run()
}

fn state(home: &Path, lab: &str) -> String {
    let list = run(home, &["list", "--format", "json"]).json();
    let labs = list.as_array().unwrap().iter();
    let found = labs.into_iter().find(|found| found["lab"] == lab).unwrap();
    found["state"].as_str().unwrap().to_string()
}

#[test]
fn a_lab_that_passes_is_done_and_the_next_one_is_next() {
    let home = tempfile::tempdir().unwrap();
    ended(
        &run(home.path(), &[]),
        0,
        &["0 of ", "Next: ch1 first-light", "labrunner ch1 first-light"],
    );
    assert_eq!(state(home.path(), "hello-map"), "new");
    ended(&run(home.path(), &["ch2", "hello-map"]), 0, &["PASS"]);
    assert_eq!(state(home.path(), "hello-map"), "passed");
    ended(&run(home.path(), &[]), 0, &["1 of "]);
    ended(&run(home.path(), &["ch2"]), 0, &["✓ hello-map"]);
    ended(
        &run(home.path(), &["next"]),
        0,
        &["Next: ch1 first-light", "its page: labrunner ch1 first-light --page"],
    );
}

#[test]
fn each_hint_says_more() {
    let home = tempfile::tempdir().unwrap();
    let hint = || run(home.path(), &["hint", "ch2", "hello-map"]);
    ended(&hint(), 0, &["1/3 Look at the key"]);
    assert!(!hint().stdout.contains("3/3"));
    ended(&hint(), 0, &["3/3", "That was the last one."]);
    ended(&hint(), 0, &["3/3"]);
    ended(
        &run(home.path(), &["hint", "ch2", "hello-map", "--exercise", "no"]),
        2,
        &["There is no exercise"],
    );
}

#[test]
fn a_damaged_file_is_put_aside_and_one_of_a_newer_version_is_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("labrunner/progress.toml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "version = 99\nnew = true\n").unwrap();
    ended(&run(home.path(), &["next"]), 0, &["is of a newer labrunner and ignored"]);
    assert!(fs::read_to_string(&file).unwrap().contains("99"));
    fs::write(&file, "version = 1\n[labs").unwrap();
    ended(&run(home.path(), &["next"]), 0, &["could not be understood", "progress.damaged"]);
    ended(&run(home.path(), &["next"]), 0, &["Next: "]);
}

/// Where nothing can be written down, labs run all the same, and it is said.
#[test]
fn without_a_place_for_it_labs_run_all_the_same() {
    let done = run(Path::new("/proc/nowhere"), &["ch2", "hello-map"]);
    ended(&done, 0, &["PASS", "Your progress is not written down"]);
}
