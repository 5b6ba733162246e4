//! Every lab of the course on a real kernel: what it prints, and how each known mistake fails.
//!
//! The snapshots are what `labrunner` itself compares with: review a change of one as you would a
//! change of the course. `INSTA_UPDATE=always
//! INSTA_FORCE_PASS=1 cargo test -p course-tests --test labs` records them, and so does `labrunner dev
//! record`; what is recorded for the first time passes from the second run on.

use course_tests::{Finished, Labrunner};
use insta::{assert_snapshot, with_settings};
use serde_json::Value;

/// What clang calls its version, such as `14`: another one may use other registers, and then a log
/// has other lines.
fn clang() -> String {
    let output = std::process::Command::new("clang").arg("-dumpversion").output();
    let text = String::from_utf8(output.expect("clang starts").stdout).unwrap();
    text.split('.').next().unwrap_or_default().trim().to_string()
}

/// The clang that the logs were recorded with.
const RECORDED_WITH: &str = "14";

fn labs() -> Vec<Value> {
    let list = Labrunner::new(["list", "--format", "json"]).run();
    assert_eq!(list.code, 0, "{list}");
    list.json().as_array().expect("a list").clone()
}

/// What the names of a lab's snapshots begin with; `catalogue/null-check` is one of a collection.
fn stem(lab: &Value) -> String {
    format!("{}-{}", text(lab, "chapter"), text(lab, "lab").replace('/', "-"))
}

fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field].as_str().unwrap_or_else(|| panic!("no {field} in {object}"))
}

fn snapshot(name: &str, contents: &str) {
    with_settings!({
        snapshot_path => "snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        assert_snapshot!(name, contents);
    });
}

/// Fails with all that went wrong, so that one run shows it all.
fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_lab_prints_what_is_expected() {
    let mut wrong = Vec::new();
    for lab in labs() {
        let name = stem(&lab);
        let done = run(&lab, &[]);
        let varies = lab["varies"].as_bool().expect("yes or no");
        if let Some(output) = done.json()["output"].as_str().filter(|_| !varies) {
            snapshot(&name, output);
        }
        note_unless_passed(&name, &done, &mut wrong);
    }
    assert_none(&wrong);
}

#[test]
fn every_break_fails_for_its_declared_reason() {
    let mut wrong = Vec::new();
    for lab in labs() {
        for known in names(&lab["breaks"]) {
            run_and_compare(&lab, &format!("@{known}"), &["--break", known], &mut wrong);
        }
    }
    assert_none(&wrong);
}

/// The course's solution of each exercise passes, and each wrong one fails as declared.
#[test]
fn every_exercise_is_solved_by_its_solution_only() {
    let mut wrong = Vec::new();
    for lab in labs() {
        for exercise in lab["exercises"].as_array().expect("a list") {
            let name = text(exercise, "name");
            let options = ["--exercise", name, "--solution"];
            run_and_compare(&lab, &format!("+{name}"), &options, &mut wrong);
            for known in names(&exercise["wrong"]) {
                let options = ["--exercise", name, "--break", known];
                run_and_compare(&lab, &format!("+{name}@{known}"), &options, &mut wrong);
            }
            let unsolved = run(&lab, &["--exercise", name]);
            if unsolved.code != 1 && unsolved.code != 69 {
                wrong.push(format!("{name} is solved before anything is changed: {unsolved}"));
            }
        }
    }
    assert_none(&wrong);
}

fn run(lab: &Value, options: &[&str]) -> Finished {
    let words = [text(lab, "chapter"), text(lab, "lab"), "--format", "json"];
    Labrunner::new(words.iter().chain(options).copied()).run()
}

fn names(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().expect("a list").iter().map(|name| name.as_str().expect("a name"))
}

/// Runs a variant of a lab, compares what is recorded of it, and notes when it does not pass.
fn run_and_compare(lab: &Value, variant: &str, options: &[&str], wrong: &mut Vec<String>) {
    let name = format!("{}{variant}", stem(lab));
    let done = run(lab, options);
    let result = done.json();
    let varies = lab["varies"].as_bool().expect("yes or no");
    // Another clang may use other registers, and then the words of a log differ.
    let comparable = result["verifier"].is_null() || clang() == RECORDED_WITH;
    if let Some(recorded) = result["recorded"].as_str().filter(|_| comparable && !varies) {
        snapshot(&name, recorded);
    }
    note_unless_passed(&name, &done, wrong);
}

/// A lab passes, or is skipped because a trial found that the default kernel lacks something: newer
/// kernels have it, and there it is run by `labrunner check`.
fn note_unless_passed(name: &str, done: &Finished, wrong: &mut Vec<String>) {
    let result = done.json();
    match (text(&result, "verdict"), done.code) {
        ("pass", 0) => {}
        ("skipped", 69) => println!("{name}: skipped: {}", text(&result, "skipped_reason")),
        _ => wrong.push(format!("{name}: {done}")),
    }
}

#[test]
fn ten_runs_give_ten_equal_outputs() {
    for lab in [["ch2", "hello"], ["ch2", "hello-ringbuf"]] {
        let run = || {
            let done = Labrunner::new([lab[0], lab[1], "--format", "json"]).run();
            text(&done.json(), "output").to_string()
        };
        let first = run();
        for _ in 1..10 {
            assert_eq!(run(), first);
        }
    }
}

/// On the host each lab passes, or is skipped because a trial found that the kernel lacks something.
/// A skip is no pass: the same labs run above in a machine that has it.
#[test]
fn on_the_host_labs_pass_or_say_what_is_lacking() {
    if !rustix::process::geteuid().is_root() {
        println!("not tried: not root");
        return;
    }
    for lab in labs() {
        let (chapter, name) = (text(&lab, "chapter"), text(&lab, "lab"));
        let done = Labrunner::new([chapter, name, "--on", "host", "--format", "json"]).run();
        let result = done.json();
        match text(&result, "verdict") {
            "pass" => assert_eq!(done.code, 0, "{done}"),
            "skipped" => {
                let reason = text(&result, "skipped_reason");
                println!("{chapter} {name}: skipped: {reason}");
                assert!(reason.contains(": "), "{reason}");
                assert_eq!(done.code, 69, "{done}");
            }
            other => panic!("{chapter} {name}: {other}: {done}"),
        }
    }
}
