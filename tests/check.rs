//! `labrunner check`: many runs in one table, as JSON lines, as JUnit XML, and interrupted.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::symlink;
use std::path::Path;

use course_tests::{CourseCopy, Finished, Labrunner, kernels, wait_until_gone};
use roxmltree::Document;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

const HELLO_MAP: &str = "labs-bpf/ch2/hello-map/hello-map.bpf.c";

/// `labrunner check` with these words on 6.1, two machines at a time.
fn check(words: &[&str]) -> Labrunner {
    let arguments = ["check", "--kernel", "6.1", "--jobs", "2"].iter().chain(words);
    Labrunner::new(arguments)
}

fn assert_contains(done: &Finished, text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} in {done}");
    }
}

/// The text with one space where there are several: columns are as wide as their widest cell.
fn squeezed(text: &str) -> String {
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n";
    text.lines().map(line).collect()
}

/// The cases of a JUnit document: class, name, and the tag of what went wrong, or `pass`.
fn cases(xml: &str) -> Vec<(String, String, String)> {
    let document = Document::parse(xml).unwrap_or_else(|e| panic!("{e}: {xml}"));
    let root = document.root_element();
    let cases = root.descendants().filter(|node| node.has_tag_name("testcase"));
    let cases: Vec<_> = cases
        .map(|case| {
            let attribute = |name| case.attribute(name).expect("a name").to_string();
            let wrong = case.first_element_child();
            let verdict = wrong.map_or("pass", |wrong| wrong.tag_name().name());
            (attribute("classname"), attribute("name"), verdict.to_string())
        })
        .collect();
    let counted = |kind: &str| cases.iter().filter(|case| case.2 == kind).count().to_string();
    for (attribute, count) in [
        ("tests", cases.len().to_string()),
        ("failures", counted("failure")),
        ("errors", counted("error")),
        ("skipped", counted("skipped")),
    ] {
        assert_eq!(root.attribute(attribute), Some(count.as_str()), "{attribute} of {xml}");
    }
    cases
}

#[test]
fn a_chapter_passes() {
    let done = check(&["ch3"]).run();
    assert_eq!(done.code, 0, "{done}");
    assert_contains(
        &done,
        &squeezed(&done.stdout),
        &[
            "\nch3 hello-xdp pass\n",
            "\nbreak license pass\n",
            "\nch3 call-chain pass\n",
            " runs in ",
        ],
    );
    assert!(!done.stdout.contains("ch2"), "{done}");
}

#[test]
fn a_spoiled_lab_fails_and_the_others_pass() {
    let course = CourseCopy::new();
    course.replace(HELLO_MAP, "__sync_fetch_and_add(count, 1);", "__sync_fetch_and_add(count, 2);");
    let words = ["ch3", "hello-xdp", "ch2", "hello-map"];
    let done = check(&words).within(course.path()).run();
    assert_eq!(done.code, 1, "{done}");
    assert_contains(
        &done,
        &squeezed(&done.stdout),
        &[
            "\nch2 hello-map FAIL [1]\n",
            "[1] at compare: the output is not what was expected",
            "-uid=0 execs=3\n",
            "+uid=0 execs=6\n",
            "\nch3 hello-xdp pass\n",
            "\nIn full:\nlabrunner ch2 hello-map --kernel 6.1\n",
        ],
    );

    let done = check(&["--format", "junit", "hello-xdp", "hello-map"]).within(course.path()).run();
    assert_eq!(done.code, 1, "{done}");
    let cases = cases(&done.stdout);
    let verdict_of = |class: &str, name: &str| {
        let case = cases.iter().find(|case| case.0 == class && case.1 == name);
        case.unwrap_or_else(|| panic!("{class} {name} in {done}")).2.as_str()
    };
    assert_eq!(verdict_of("ch2.hello-map", "program"), "failure");
    assert_eq!(verdict_of("ch3.hello-xdp", "program"), "pass");
    assert_eq!(verdict_of("ch3.hello-xdp", "break license"), "pass");
    assert_contains(&done, &done.stdout, &["+uid=0 execs=6"]);
    // The table is for whoever reads the log.
    assert_contains(&done, &squeezed(&done.stderr), &["\nch2 hello-map FAIL [1]\n"]);
}

#[test]
fn a_break_that_does_not_fit_stops_nothing() {
    let course = CourseCopy::new();
    course.replace(HELLO_MAP, "the map is full", "the map may be full");
    let done = check(&["hello-map"]).within(course.path()).run();
    assert_eq!(done.code, 1, "{done}");
    assert_contains(
        &done,
        &squeezed(&done.stdout),
        &["\nch2 hello-map pass\n", "break null-check FAIL [1]\n", "does not fit"],
    );
}

#[test]
fn a_machine_that_crashes_takes_nothing_else_down() {
    let course = CourseCopy::with_misbehaving_lab("panic");
    let done = check(&["hello-map", "hello-xdp"]).within(course.path()).run();
    assert_eq!(done.code, 69, "{done}");
    assert_contains(
        &done,
        &squeezed(&done.stdout),
        &[
            "\nch2 hello-map env [1]\n",
            "Kernel panic - not syncing: sysrq triggered crash",
            "\nch3 hello-xdp pass\n",
            " could not run · ",
        ],
    );
    // A machine that breaks down may do so for reasons of its own, so there was a second.
    assert_contains(&done, &done.stderr, &["ch2 hello-map on ", " It gets another machine.\n"]);
}

#[test]
fn a_kernel_that_does_not_run_keeps_no_other_from_it() {
    let cache = tempfile::tempdir().unwrap();
    let damaged = cache.path().join("kernels/6.12");
    fs::create_dir_all(&damaged).unwrap();
    fs::write(damaged.join("manifest.json"), "no manifest").unwrap();
    symlink(kernels().join("6.1"), cache.path().join("kernels/6.1")).unwrap();
    let arguments = ["check", "hello-xdp", "--kernel", "6.1,6.12"];
    let done = Labrunner::new(arguments).env("LABRUNNER_CACHE", cache.path()).run();
    assert_eq!(done.code, 69, "{done}");
    assert_contains(
        &done,
        &squeezed(&done.stdout),
        &["\nch3 hello-xdp pass env [1]\n", " is damaged"],
    );
    assert_contains(&done, &done.stdout, &["4 passed, 4 could not run · 8 of 8 runs"]);
}

#[test]
fn json_is_one_object_a_line() {
    let done = check(&["--format", "json", "hello-xdp"]).run();
    assert_eq!(done.code, 0, "{done}");
    let lines = done.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut found: Vec<String> = lines
        .map(|object| {
            assert_eq!(object["lab"], "ch3 hello-xdp", "{done}");
            assert_eq!(object["series"], "6.1", "{done}");
            assert_eq!(object["verdict"], "pass", "{done}");
            assert!(object["kernel"].as_str().unwrap().starts_with("6.1."), "{done}");
            format!("{} {} {}", object["break"], object["exercise"], object["solution"])
        })
        .collect();
    found.sort();
    let expected = [
        r#""license" null false"#,
        r#""too-early" "drop" false"#,
        r#"null "drop" true"#,
        "null null false",
    ];
    assert_eq!(found, expected);
}

/// Starts a check of everything and ends it once this text was printed; by then nothing of it is left.
fn ended_by(signal: Signal, format: &str, table_on_stderr: bool, text: &str) -> Finished {
    let mark = format!("check-{}-{format}-{signal:?}", std::process::id());
    let start = std::time::Instant::now();
    let arguments = ["check", "--kernel", "6.1", "--jobs", "2", "--format", format];
    let labrunner = Labrunner::new(arguments).env("LABRUNNER_TEST_MARK", &mark);
    let mut child = labrunner.start_talking();
    let pid = Pid::from_child(&child);
    let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let (one, other): (Box<dyn Read>, Box<dyn Read>) = if table_on_stderr {
        (Box::new(stderr), Box::new(stdout))
    } else {
        (Box::new(stdout), Box::new(stderr))
    };
    let (mut watched, mut rest, mut told) = (String::new(), String::new(), false);
    let mut lines = BufReader::new(one);
    while lines.read_line(&mut watched).unwrap() > 0 {
        if !told && watched.contains(text) {
            kill_process(pid, signal).unwrap();
            told = true;
        }
    }
    BufReader::new(other).read_to_string(&mut rest).unwrap();
    let code = child.wait().unwrap().code().unwrap_or(-1);
    wait_until_gone(&format!("LABRUNNER_TEST_MARK={mark}"));
    let (stdout, stderr) = if table_on_stderr { (rest, watched) } else { (watched, rest) };
    Finished { code, stdout, stderr, took: start.elapsed() }
}

#[test]
fn an_interrupted_run_keeps_what_it_had() {
    let done = ended_by(Signal::INT, "text", false, "\nch2 hello ");
    assert_eq!(done.code, 130, "{done}");
    assert_contains(&done, &done.stdout, &["\nch2 hello ", " not run · "]);
    assert!(!done.stdout.contains("ch10"), "{done}");
    assert_contains(&done, &done.stderr, &["interrupted\n"]);

    let done = ended_by(Signal::INT, "json", false, "\"verdict\"");
    assert_eq!(done.code, 130, "{done}");
    for line in done.stdout.lines() {
        let object: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert_eq!(object["verdict"], "pass", "{line}");
    }

    let done = ended_by(Signal::INT, "junit", true, "\nch2 hello ");
    assert_eq!(done.code, 130, "{done}");
    let cases = cases(&done.stdout);
    assert!((1..60).contains(&cases.len()), "{done}");
    assert_contains(&done, &done.stderr, &[" not run · ", "interrupted\n"]);
}

#[test]
fn a_killed_run_keeps_its_lines_and_leaves_no_machine() {
    let done = ended_by(Signal::KILL, "text", false, "\nch2 hello ");
    assert_eq!(done.code, -1, "{done}");
    assert_contains(&done, &done.stdout, &["\nch2 hello "]);
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for (arguments, message) in [
        (&["check", "hc2"][..], "There is no chapter or lab named `hc2`. Did you mean `ch2`?"),
        (&["check", "ch2", "helo-map"], "Did you mean `hello-map`?"),
        (&["check", "--jobs", "0"], "invalid value '0' for '--jobs <N>'"),
        (&["check", "--on", "host", "--kernel", "6.1"], "Leave one of them out"),
        (&["check", "--kernel", "9.99"], "There is no kernel 9.99"),
        (&["ch2", "hello", "--format", "junit"], "labrunner check --format junit"),
    ] {
        let done = Labrunner::new(arguments).run();
        assert_eq!(done.code, 2, "{done}");
        assert_contains(&done, &done.stderr, &[message]);
        assert_eq!(done.stdout, "", "{done}");
    }
}

#[test]
fn a_cache_that_cannot_be_used_is_said_once() {
    let blocked = tempfile::NamedTempFile::new().unwrap();
    let done = check(&["ch3"]).env("LABRUNNER_CACHE", blocked.path()).run();
    assert_eq!(done.code, 69, "{done}");
    assert_eq!(done.stdout, "", "{done}");
}

#[test]
fn on_the_host_labs_run_one_by_one() {
    if !rustix::process::geteuid().is_root() || !Path::new("/sys/fs/bpf").is_dir() {
        println!("not tried: not root");
        return;
    }
    let done = Labrunner::new(["check", "hello-xdp", "--on", "host", "--jobs", "2"]).run();
    assert!([0, 69].contains(&done.code), "{done}");
    assert_contains(&done, &done.stdout, &["host\nch3 hello-xdp ", " of 4 runs in "]);
    assert_contains(&done, &done.stderr, &["one by one"]);
}
