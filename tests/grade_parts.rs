//! `labrunner grade` that is interrupted, goes on, and is done in parts.

use std::fs;
use std::io::{BufRead, BufReader};

use course_tests::{Class, Finished, Labrunner, hello_map, results, wait_until_gone};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

const HELLO_MAP: &str = "labs-bpf/ch2/hello-map/hello-map.bpf.c";
const GID: [&str; 2] = ["--exercise", "ch2/hello-map:gid"];

/// A class in which every other learner is right.
fn class_of(count: usize) -> Class {
    let class = Class::new();
    let (right, wrong) = (hello_map(Some("exercises/gid.patch")), hello_map(None));
    for nth in 0..count {
        let source = if nth % 2 == 0 { &right } else { &wrong };
        class.put(&format!("learner-{nth}"), HELLO_MAP, source);
    }
    class
}

/// Grades until so many results are there, then ends it.
fn ended_after(class: &Class, count: usize, signal: Signal) -> (i32, usize) {
    let mark = format!("grade-{}-{signal:?}", std::process::id());
    let words = [&GID[..], &["--format", "json"]].concat();
    let mut child = class.command(&words).env("LABRUNNER_TEST_MARK", &mark).start_talking();
    let (mut seen, mut told) = (0, false);
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let row: Value = serde_json::from_str(&line.unwrap()).unwrap();
        assert!(row["verdict"].is_string(), "{row}");
        seen += 1;
        if seen >= count && !told {
            kill_process(Pid::from_child(&child), signal).unwrap();
            told = true;
        }
    }
    let code = child.wait().unwrap().code().unwrap_or(-1);
    wait_until_gone(&format!("LABRUNNER_TEST_MARK={mark}"));
    (code, seen)
}

/// How many results the last line of the summary says were there already.
fn reused(done: &Finished) -> usize {
    let there = done.stdout.split("; ").nth(1).and_then(|rest| rest.split(' ').next());
    there.and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[test]
fn a_killed_run_goes_on_where_it_was() {
    let class = class_of(8);
    let (code, seen) = ended_after(&class, 3, Signal::KILL);
    assert_eq!(code, -1);
    assert!(!class.path("grades/results.csv").exists());
    // The last line may be half there after a crash of the machine.
    let journal = class.result("journal.jsonl") + "{\"submission\":\"learner-7\",\"ta";
    fs::write(class.path("grades/journal.jsonl"), journal).unwrap();

    let refused = class.grade(&GID);
    assert_eq!(refused.code, 2, "{refused}");
    assert!(refused.stderr.contains("Go on from them with --resume"), "{refused}");

    let done = class.grade(&[&GID[..], &["--resume"]].concat());
    assert_eq!(done.code, 0, "{done}");
    assert!((seen..=seen + 2).contains(&reused(&done)), "{seen}: {done}");
    let verdicts = |class: &Class| class.results();
    let resumed = verdicts(&class);
    assert_eq!(resumed.len(), 8, "{done}");
    let whole = class.grade(&[&GID[..], &["--overwrite"]].concat());
    assert_eq!((whole.code, reused(&whole)), (0, 0), "{whole}");
    assert_eq!(verdicts(&class), resumed);
}

#[test]
fn ctrl_c_keeps_the_results_so_far() {
    let class = class_of(8);
    let (code, seen) = ended_after(&class, 2, Signal::INT);
    assert_eq!(code, 130);
    let written = class.results().len();
    assert!((seen..8).contains(&written), "{written} of {seen}");
    assert!(class.result("results.csv").lines().count() == written + 1);
}

#[test]
fn only_what_has_changed_is_graded_again() {
    let class = class_of(4);
    assert_eq!(class.grade(&GID).code, 0);
    let resume = [&GID[..], &["--resume"]].concat();
    let all = class.grade(&resume);
    assert_eq!((all.code, reused(&all)), (0, 4), "{all}");
    class.put("learner-1", HELLO_MAP, hello_map(Some("exercises/gid.patch")));
    let done = class.grade(&resume);
    assert_eq!((done.code, reused(&done)), (0, 3), "{done}");
    assert_eq!(class.verdict("learner-1").0, "pass", "{done}");
    // Another deadline is another question.
    let done = class.grade(&[&resume[..], &["--deadline", "30"]].concat());
    assert_eq!((done.code, reused(&done)), (0, 0), "{done}");
}

#[test]
fn two_do_not_write_into_one_folder() {
    let class = class_of(6);
    let words = [&GID[..], &["--format", "json"]].concat();
    let mut first = class.command(&words).start_talking();
    let mut lines = BufReader::new(first.stdout.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    let second = class.grade(&[&GID[..], &["--overwrite"]].concat());
    assert_eq!(second.code, 2, "{second}");
    assert!(second.stderr.contains("Another labrunner is grading into"), "{second}");
    assert_eq!(lines.count(), 5);
    assert_eq!(first.wait().unwrap().code(), Some(0));
}

#[test]
fn parts_put_together_are_the_whole() {
    let class = class_of(5);
    let part = |index: usize| class.path(&format!("part{index}")).display().to_string();
    for index in 0..3 {
        let class_folder = class.submissions().display().to_string();
        let (shard, out) = (format!("{index}/3"), part(index));
        let fixed = ["grade", "--kernel", "6.1", "--jobs", "2", "--shard", &shard, "--out", &out];
        let done =
            Labrunner::new(fixed.iter().copied().chain(GID).chain([class_folder.as_str()])).run();
        assert_eq!(done.code, 0, "{done}");
    }
    let merge = |parts: &[usize], out: &str| {
        let out = class.path(out).display().to_string();
        let mut words = vec!["grade".into(), "merge".into(), "--out".into(), out];
        words.extend(parts.iter().map(|index| part(*index)));
        Labrunner::new(words).run()
    };
    let done = merge(&[0, 2], "some");
    assert_eq!(done.code, 69, "{done}");
    assert!(done.stdout.contains("The part 1/3 is missing."), "{done}");
    let done = merge(&[2, 0, 1], "all");
    assert_eq!(done.code, 0, "{done}");
    assert!(done.stdout.contains("3 pass, 2 fail\n5 of 5 submissions\n"), "{done}");
    assert_eq!(class.grade(&GID).code, 0);
    assert_eq!(results(&class.path("all")), class.results());
    for name in ["totals.csv", "junit.xml"] {
        assert!(class.path("all").join(name).exists(), "{name}");
    }
    // The same part twice is no contradiction, another class is.
    assert_eq!(merge(&[0, 1, 1, 2], "again").code, 0);
    let other = class_of(2);
    assert_eq!(other.grade(&GID).code, 0);
    let (one, out) = (part(0), class.path("mixed").display().to_string());
    let foreign = other.path("grades").display().to_string();
    let done = Labrunner::new(["grade", "merge", "--out", &out, &one, &foreign]).run();
    assert_eq!(done.code, 2, "{done}");
    assert!(done.stderr.contains("are not of one class"), "{done}");
    let done = Labrunner::new(["grade", "merge", "--out", &out, "/etc"]).run();
    assert_eq!(done.code, 2, "{done}");
    assert!(done.stderr.contains("/etc has no results of labrunner grade"), "{done}");
}
