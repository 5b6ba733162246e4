//! `labrunner dev`: for those who write labs.

use std::fs;

use course_tests::{CourseCopy, Finished, Labrunner, ended};

const MANIFEST: &str = "labs-bpf/ch2/hello-map/lab.toml";

fn check_files(copy: &CourseCopy) -> Finished {
    Labrunner::new(["dev", "check", "ch2", "hello-map", "--files"]).within(copy.path()).run()
}

/// What is wrong is named with file and line, and what to do.
#[test]
fn a_manifest_that_is_wrong_is_named_with_its_line() {
    for (old, new, message) in [
        ("keep = \"stimulus\"", "kept = \"stimulus\"", "unknown field `kept`"),
        ("do = \"exit\"", "do = \"leave\"", "unknown variant `leave`"),
        (
            "needs = [\"kprobe\"]",
            "needs = [\"kprob\"]",
            "lab.toml:2: `needs` names `kprob`, which nobody can try; there are btf, kprobe",
        ),
        ("name = \"key-size\"", "name = \"null-check\"", "two breaks have the name `null-check`"),
    ] {
        let copy = CourseCopy::new();
        copy.replace(MANIFEST, old, new);
        let done = check_files(&copy);
        ended(&done, 2, &[MANIFEST, message]);
        // Of two equal names the second is one too many.
        let text = fs::read_to_string(copy.path().join(MANIFEST)).unwrap();
        let line =
            1 + text.lines().collect::<Vec<_>>().iter().rposition(|l| l.contains(new)).unwrap();
        let place = [format!("lab.toml:{line}:"), format!("line {line}, column")];
        assert!(place.iter().any(|place| done.stderr.contains(place)), "line {line}: {done}");
    }
}

#[test]
fn edits_that_no_longer_apply_and_outputs_that_are_missing_are_found_without_a_machine() {
    let copy = CourseCopy::whole();
    ended(&check_files(&copy), 0, &["1 labs: their files agree."]);

    copy.replace(
        "labs-bpf/ch2/hello-map/hello-map.bpf.c",
        "/* the map is full */",
        "/* no room */",
    );
    fs::remove_file(copy.path().join("tests/snapshots/ch2-hello-map.snap")).unwrap();
    fs::remove_file(copy.path().join("labs/src/bin/ch2-hello-map.rs")).unwrap();
    fs::write(copy.path().join("labs-bpf/ch2/hello-map/breaks/left-over.patch"), "").unwrap();
    copy.replace(
        MANIFEST,
        "    \"Look at the key that count_execs looks up, and at the value it adds to.\",\n",
        "",
    );
    let summary = "- [hello-map](ch2/hello-map.md)\n";
    copy.replace("book/src/SUMMARY.md", summary, "");
    let done = check_files(&copy);
    ended(
        &done,
        1,
        &[
            "breaks/null-check.patch does not fit labs-bpf/ch2/hello-map/hello-map.bpf.c as it is now",
            "ch2-hello-map.snap: not there. Write it down: labrunner dev record ch2 hello-map",
            "labs/src/bin/ch2-hello-map.rs: not there",
            "breaks/left-over.patch: lab.toml does not name it",
            "hello-map has 2 hints, not 3",
            "SUMMARY.md: does not list ch2/hello-map.md",
        ],
    );
}

#[test]
fn what_belongs_to_no_lab_is_found() {
    let copy = CourseCopy::whole();
    fs::rename(
        copy.path().join("labs-bpf/ch2/hello-map"),
        copy.path().join("labs-bpf/ch2/hello-maps"),
    )
    .unwrap();
    let done = Labrunner::new(["dev", "check", "--files"]).within(copy.path()).run();
    ended(
        &done,
        1,
        &[
            "labs/src/bin/ch2-hello-map.rs: the program of a lab that is not in labs-bpf/",
            "tests/snapshots/ch2-hello-map@null-check.snap: no lab prints it",
            "book/src/ch2/hello-maps.md: not there",
        ],
    );
}

/// A new lab is whole from the beginning; the course's own stay as they are.
#[test]
fn a_new_lab_passes_at_once() {
    let copy = CourseCopy::whole();
    let run = |words: &[&str]| Labrunner::new(words).within(copy.path()).run();
    for (name, message) in
        [("My_Lab", "is no name for a lab"), ("hello-map", "There is a lab of that name")]
    {
        ended(&run(&["dev", "new", "ch8", name]), 2, &[message]);
    }
    ended(&run(&["dev", "new", "chapter", "x"]), 2, &["`chapter` is no chapter"]);
    let done = run(&["dev", "new", "ch8", "my-lab"]);
    ended(&done, 0, &["labs/src/bin/ch8-my-lab.rs", "tests/snapshots/ch8-my-lab+by-two.snap"]);
    ended(&run(&["dev", "check", "ch8", "my-lab"]), 0, &["5 passed"]);
    ended(&run(&["dev", "new", "ch8", "my-lab"]), 2, &["There is a lab of that name"]);
}

/// The check of an exercise can fail: by a program that solves it before anybody has changed anything.
#[test]
fn an_exercise_that_is_solved_as_shipped_is_no_exercise() {
    let copy = CourseCopy::new();
    let manifest = copy.path().join(MANIFEST);
    let text = fs::read_to_string(&manifest).unwrap()
        + r#"
[[exercise]]
name = "nothing"
title = "Change nothing"
task = "Nothing."
learned = "Nothing."
hints = ["a", "b", "c"]
solution = "breaks/null-check.patch"
"#;
    fs::write(manifest, text).unwrap();
    // What it prints without any change is what is expected.
    fs::remove_file(copy.path().join("tests")).unwrap();
    let snapshots = copy.path().join("tests/snapshots");
    fs::create_dir_all(&snapshots).unwrap();
    for entry in fs::read_dir(course_tests::root().join("tests/snapshots")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, snapshots.join(path.file_name().unwrap())).unwrap();
    }
    let snapshot = |name: &str| snapshots.join(format!("ch2-hello-map{name}.snap"));
    fs::copy(snapshot(""), snapshot("+nothing")).unwrap();
    fs::create_dir_all(copy.path().join("book/src/ch2")).unwrap();
    fs::write(copy.path().join("book/src/SUMMARY.md"), "").unwrap();
    let done = Labrunner::new(["dev", "check", "ch2", "hello-map"]).within(copy.path()).run();
    ended(&done, 1, &["solves the exercise before anything is changed", "unsolved nothing"]);
}
