//! `labrunner grade`: what is graded of a submission, and the results in every form.

use std::fs;

use course_tests::{Class, built, ended, hello_map};
use roxmltree::Document;
use serde_json::Value;

const HELLO_MAP: &str = "labs-bpf/ch2/hello-map/hello-map.bpf.c";
const GID: &str = "exercises/gid.patch";
const WRONG: &str = "exercises/gid-lower-half.patch";

fn shown(class: &Class) -> Vec<String> {
    class.results().into_iter().map(|(result, _)| result).collect()
}

#[test]
fn an_assignment_gives_points_and_results_in_every_form() {
    let class = Class::new();
    class.put("alice", HELLO_MAP, hello_map(None));
    class.put("alice", "hello-map+gid.bpf.c", hello_map(Some(GID)));
    class.put("bob", "ebpf-main/labs-bpf/ch2/hello-map/hello-map.bpf.c", hello_map(Some(WRONG)));
    class.put("carol", "hello-map.bpf.c", hello_map(None).replace("return 0;", "return 0"));
    fs::create_dir(class.submissions().join("dave")).unwrap();
    let assignment = class.path("week2.toml");
    let text = "title = 'Week 2'\n[[task]]\nlab = 'ch2/hello-map'\n\
                [[task]]\nlab = 'ch2/hello-map'\nexercise = 'gid'\npoints = 2.5\n";
    fs::write(&assignment, text).unwrap();
    let done = class.grade(&["--assignment", &assignment.display().to_string()]);
    assert_eq!(done.code, 0, "{done}");
    ended(
        &done,
        0,
        &[
            "alice  3.5 of 3.5  ch2/hello-map pass · ch2/hello-map:gid pass\n",
            "bob    0 of 3.5  ch2/hello-map fail at ",
            "2 pass, 6 fail\n8 of 8 results of 4 submissions in ",
        ],
    );
    let expected = [
        "alice ch2/hello-map pass",
        "alice ch2/hello-map:gid pass",
        "bob ch2/hello-map fail",
        "bob ch2/hello-map:gid fail",
        "carol ch2/hello-map fail",
        "carol ch2/hello-map:gid fail",
        "dave ch2/hello-map fail",
        "dave ch2/hello-map:gid fail",
    ];
    assert_eq!(shown(&class), expected, "{done}");
    let messages: Vec<String> = class.results().into_iter().map(|(_, message)| message).collect();
    assert_eq!(messages[0], "unchanged: the file is as the course has it");
    assert_eq!(messages[3], "the output is not what was expected");
    assert!(messages[4].contains("error: expected ';' after return statement"), "{messages:?}");
    assert!(messages[6].starts_with("not handed in: there is no "), "{messages:?}");

    let csv = class.result("results.csv");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 8);
    assert_eq!(
        [&rows[1][0], &rows[1][1], &rows[1][2], &rows[1][6]],
        ["alice", "ch2/hello-map:gid", "pass", "2.5"]
    );
    assert!(rows[1][5].parse::<f64>().unwrap() > 0.0, "{csv}");
    assert!(rows[1][8].starts_with("6.1."), "{csv}");
    let totals = class.result("totals.csv");
    assert!(totals.contains("\r\nalice,3.5,3.5,2,0,0\r\nbob,0,3.5,0,2,0\r\n"), "{totals}");

    let document: Value = serde_json::from_str(&class.result("results.json")).unwrap();
    assert_eq!((&document["title"], &document["class"]), (&"Week 2".into(), &4.into()));
    assert_eq!(document["submissions"][0]["points"], 3.5);

    let xml = class.result("junit.xml");
    let document = Document::parse(&xml).unwrap();
    assert_eq!(document.root_element().attribute("failures"), Some("6"), "{xml}");

    let report = class.result("reports/bob.md");
    for words in [
        "# `bob`: Week 2",
        "**0 of 3.5 points**",
        "It prints just what the known mistake `lower-half` prints.",
    ] {
        assert!(report.contains(words), "{words}: {report}");
    }
}

#[test]
fn without_tasks_it_is_what_a_submission_has_changed() {
    let class = Class::new();
    class.put("alice", HELLO_MAP, hello_map(Some(GID)));
    class.put("alice", "labs-bpf/ch2/hello/hello.bpf.c", source("ch2/hello/hello"));
    class.put("bob", "hello-map.bpf.c", hello_map(Some("breaks/null-check.patch")));
    class.put("carol", "hello-map.bpf.c", hello_map(None).replace('\n', "\r\n"));
    class.put("dave", "hello-map.bpf.c", hello_map(None) + "// mine\n");
    class.put("erin", "hello-map+gid.bpf.c", hello_map(Some(WRONG)));
    let done = class.grade(&["--format", "json"]);
    assert_eq!(done.code, 0, "{done}");
    assert_eq!(
        shown(&class),
        [
            "alice ch2/hello-map:gid pass",
            "bob ch2/hello-map fail",
            "carol nothing fail",
            "dave ch2/hello-map pass",
            "erin ch2/hello-map:gid fail",
        ],
        "{done}"
    );
    let mut lines: Vec<String> = done
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|row| format!("{} {}", row["submission"], row["verdict"]))
        .collect();
    lines.sort();
    assert_eq!(lines[1], "\"bob\" \"fail\"", "{done}");
    assert_eq!(lines.len(), 5, "{done}");
    let report = class.result("reports/bob.md");
    for words in ["The verifier refuses the program count_execs", "`count` may be NULL here"] {
        assert!(report.contains(words), "{words}: {report}");
    }
}

fn source(lab: &str) -> String {
    fs::read_to_string(course_tests::root().join(format!("labs-bpf/{lab}.bpf.c"))).unwrap()
}

#[test]
fn manifests_headers_and_outputs_are_the_courses() {
    let class = Class::new();
    class.put("mallory", HELLO_MAP, hello_map(Some(WRONG)));
    class.put("mallory", "labs-bpf/ch2/hello-map/lab.toml", "summary = 'mine'\nlearned = 'x'\n");
    class.put("mallory", "labs-bpf/clang.flags", "--version\n");
    class.put("mallory", "labs-bpf/include/kernel.h", "#error my own header\n");
    class.put("mallory", "tests/snapshots/ch2-hello-map+gid.snap", "---\n---\nanything\n");
    class.put("mallory", "bin/ch2-hello-map", b"\x7fELF");
    let done = class.grade(&["--exercise", "ch2/hello-map:gid"]);
    assert_eq!(done.code, 0, "{done}");
    let expected = ("fail at compare".into(), "the output is not what was expected".into());
    assert_eq!(class.verdict("mallory"), expected, "{done}");
}

#[test]
fn a_learners_own_program_is_run_if_that_is_asked_for() {
    let class = Class::new();
    assert_eq!(class.grade(&["--lab", "ch2/hello-map"]).code, 0); // builds what is needed
    let program = fs::read(built("ch2-hello-map")).unwrap();
    class.put("alice", "bin/ch2-hello-map", &program);
    class.put("alice", HELLO_MAP, hello_map(Some(GID)));
    class.put("bob", "bin/ch2-hello-map", "#!/bin/sh\necho hello\n");
    class.put("carol", "bin/ch2-hello-map", b"\x7fELF and nothing more");
    class.put("dave", HELLO_MAP, hello_map(Some(GID)));
    let words = ["--program", "--exercise", "ch2/hello-map:gid", "--overwrite"];
    let done = class.grade(&words);
    assert_eq!(done.code, 0, "{done}");
    let verdict = |learner: &str| class.verdict(learner).0;
    assert_eq!(verdict("alice"), "pass", "{done}");
    assert_eq!(verdict("bob"), "refused at submission", "{done}");
    assert_eq!(class.verdict("bob").1, "bin/ch2-hello-map is no program (ELF)");
    assert_eq!(verdict("carol"), "fail at machine", "{done}");
    assert_eq!(verdict("dave"), "fail at submission", "{done}");
}

#[test]
fn what_cannot_be_meant_is_refused_and_nothing_is_written() {
    let class = Class::new();
    class.put("alice", HELLO_MAP, hello_map(None));
    let bad = class.path("bad.toml");
    fs::write(&bad, "[[task]]\nlab = 'ch2/helo'\n").unwrap();
    let bad = bad.display().to_string();
    for (words, message) in [
        (&["--lab", "ch2/helo-map"][..], "Did you mean `hello-map`?"),
        (&["--exercise", "ch2/hello-map:gidd"], "Did you mean `gid`?"),
        (&["--exercise", "ch2/hello-map"], "names no exercise"),
        (&["--lab", "hello-map", "--lab", "ch2/hello-map"], "is named twice"),
        (&["--assignment", "/no/such.toml"], "/no/such.toml: cannot be read"),
        (&["--assignment", &bad], "Did you mean `hello`?"),
        (&["--assignment", &bad, "--lab", "ch2/hello"], "cannot be used with"),
        (&["--kernel", "6.1,6.12"], "cannot be used multiple times"),
        (&["--shard", "2/2"], "of 2 parts the first is 0/2 and the last 1/2"),
        (&["--resume", "--overwrite"], "cannot be used with"),
        (&["/no/such/folder"], "cannot read /no/such/folder"),
        (&["/etc/passwd"], "/etc/passwd is no folder"),
    ] {
        let done = class.grade(words);
        ended(&done, 2, &[message]);
        assert_eq!(done.stdout, "", "{done}");
        assert!(!class.path("grades/journal.jsonl").exists(), "{done}");
    }
}

#[test]
fn a_machine_that_cannot_grade_says_so_and_is_no_failure_of_anybody() {
    let class = Class::new();
    class.put("alice", HELLO_MAP, hello_map(None));
    let (labrunner, _folder) =
        class.command(&["--lab", "ch2/hello-map"]).without_programs(&["clang"]);
    ended(&labrunner.run(), 69, &["clang is not installed"]);
    let blocked = tempfile::NamedTempFile::new().unwrap();
    let labrunner = class.command(&["--lab", "ch2/hello-map"]);
    let done = labrunner.env("LABRUNNER_CACHE", blocked.path()).run();
    assert_eq!((done.code, done.stdout.as_str()), (69, ""), "{done}");
}
