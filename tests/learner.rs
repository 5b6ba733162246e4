//! What a learner does to the BPF C, and what `labrunner` answers.

use std::fs;

use course_tests::{CourseCopy, Labrunner};

const HELLO_MAP: &str = "labs-bpf/ch2/hello-map/hello-map.bpf.c";

#[test]
fn an_edit_that_the_course_knows_is_recognised() {
    let course = CourseCopy::new();
    course.replace(HELLO_MAP, "\t\tif (!count)\n\t\t\treturn 0; /* the map is full */\n", "");
    let done = Labrunner::new(["ch2", "hello-map", "--format", "json"]).within(course.path()).run();
    let result = done.json();
    assert_eq!(done.code, 1, "{done}");
    assert_eq!(result["verdict"], "fail");
    assert_eq!(result["stage"], "load");
    assert_eq!(result["recognised"], "null-check");
    assert_eq!(result["verifier"]["category"], "Register Type Safety");
    assert_eq!(result["verifier"]["file"], HELLO_MAP);
    let line = course.line_of(HELLO_MAP, "__sync_fetch_and_add(count, 1);");
    assert_eq!(result["verifier"]["line"], line);

    let done = Labrunner::new(["ch2", "hello-map"]).within(course.path()).run();
    assert_eq!(done.code, 1, "{done}");
    for part in [
        "The verifier refuses the program count_execs (Register Type Safety)",
        "R0 invalid mem access 'map_value_or_null'",
        &format!("hello-map.bpf.c:{line}"),
        "__sync_fetch_and_add(count, 1);",
        "This is the known mistake `null-check`.",
    ] {
        assert!(done.stdout.contains(part), "{part:?} in {done}");
    }
}

#[test]
fn another_behaviour_is_shown_as_a_difference() {
    let course = CourseCopy::new();
    course.replace(HELLO_MAP, "__sync_fetch_and_add(count, 1);", "__sync_fetch_and_add(count, 2);");
    let done =
        Labrunner::new(["ch2", "hello-map", "--color", "always"]).within(course.path()).run();
    assert_eq!(done.code, 1, "{done}");
    assert!(done.stdout.contains("\x1b[31m-uid=0 execs=3\x1b[0m"), "{done}");
    assert!(done.stdout.contains("\x1b[32m+uid=0 execs=6\x1b[0m"), "{done}");
    assert!(!done.stdout.contains("The lab printed"), "{done}");

    let raw = Labrunner::new(["ch2", "hello-map", "--raw"]).within(course.path()).run();
    assert!(raw.stdout.contains("The lab printed:\n\n  uid=0 execs=6"), "{raw}");
}

#[test]
fn what_does_not_compile_is_clangs_to_explain() {
    let course = CourseCopy::new();
    course.replace(HELLO_MAP, "return 0;\n}", "return 00\n}");
    let done = Labrunner::new(["ch2", "hello-map"]).within(course.path()).run();
    assert_eq!(done.code, 1, "{done}");
    assert_eq!(done.stderr, "", "{done}");
    let line = course.line_of(HELLO_MAP, "return 00");
    let first = format!("{HELLO_MAP}:{line}:11: error: expected ';' after return statement\n");
    assert!(done.stdout.starts_with(&first), "{done}");
    assert!(done.stdout.ends_with("1 error generated.\n"), "{done}");

    let done =
        Labrunner::new(["ch2", "hello-map", "--color", "always"]).within(course.path()).run();
    assert!(done.stdout.contains("\x1b[0;1;31merror: "), "{done}");
}

#[test]
fn a_program_that_is_not_utf8_still_compiles() {
    let course = CourseCopy::new();
    let path = course.path().join(HELLO_MAP);
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend(b"/* caf\xe9 */\n");
    fs::write(&path, bytes).unwrap();
    let done = Labrunner::new(["ch2", "hello-map"]).within(course.path()).run();
    assert_eq!(done.code, 0, "{done}");

    let done =
        Labrunner::new(["ch2", "hello-map", "--break", "null-check"]).within(course.path()).run();
    assert_eq!(done.code, 2, "{done}");
    assert!(done.stderr.contains("hello-map.bpf.c is not UTF-8 text: see line"), "{done}");
}

#[test]
fn a_break_shows_its_edit_and_leaves_the_file_alone() {
    let course = CourseCopy::new();
    let before = fs::read(course.path().join(HELLO_MAP)).unwrap();
    let done =
        Labrunner::new(["ch2", "hello-map", "--break", "null-check"]).within(course.path()).run();
    assert_eq!(done.code, 0, "{done}");
    for part in ["  -\t\tif (!count)\n", "PASS  it fails as it should", "R0 invalid mem access"] {
        assert!(done.stdout.contains(part), "{part:?} in {done}");
    }
    assert_eq!(fs::read(course.path().join(HELLO_MAP)).unwrap(), before);
}

#[test]
fn a_break_that_no_longer_fits_says_how_to_go_on() {
    let course = CourseCopy::new();
    course.replace(HELLO_MAP, "the map is full", "the map may be full");
    let done =
        Labrunner::new(["ch2", "hello-map", "--break", "null-check"]).within(course.path()).run();
    assert_eq!(done.code, 2, "{done}");
    assert!(done.stderr.contains("does not fit labs-bpf/ch2/hello-map/hello-map.bpf.c"), "{done}");
    assert!(done.stderr.contains("labrunner reset ch2 hello-map"), "{done}");
}

#[test]
fn an_empty_program_does_not_pass() {
    let course = CourseCopy::new();
    fs::write(course.path().join(HELLO_MAP), "").unwrap();
    let done = Labrunner::new(["ch2", "hello-map"]).within(course.path()).run();
    assert_eq!(done.code, 1, "{done}");
}

#[test]
fn a_missing_program_is_named() {
    let course = CourseCopy::new();
    fs::remove_file(course.path().join(HELLO_MAP)).unwrap();
    let done = Labrunner::new(["ch2", "hello-map"]).within(course.path()).run();
    assert_ne!(done.code, 0, "{done}");
    assert!(done.stderr.contains(&format!("{HELLO_MAP} is not there.")), "{done}");
    assert!(done.stderr.contains("labrunner reset"), "{done}");
}

#[test]
fn a_break_that_shows_in_the_output_is_recognised_too() {
    let course = CourseCopy::new();
    let folder = course.path().join("labs-bpf/ch2/hello-tail");
    let done = std::process::Command::new("patch")
        .arg(folder.join("hello-tail.bpf.c"))
        .arg(folder.join("breaks/no-entry.patch"))
        .output()
        .unwrap();
    assert!(done.status.success());
    let done =
        Labrunner::new(["ch2", "hello-tail", "--format", "json"]).within(course.path()).run();
    assert_eq!(done.code, 1, "{done}");
    assert_eq!(done.json()["recognised"], "no-entry", "{done}");
}

#[test]
fn an_entry_that_nobody_asked_for_is_a_difference() {
    let course = CourseCopy::new();
    course.replace(
        HELLO_MAP,
        "\t__sync_fetch_and_add(count, 1);\n",
        "\t__sync_fetch_and_add(count, 1);\n\tuid += 0xdead0000;\n\
         \tbpf_map_update_elem(&execs_by_uid, &uid, &zero, BPF_ANY);\n",
    );
    let done = Labrunner::new(["ch2", "hello-map"]).within(course.path()).run();
    assert_eq!(done.code, 1, "{done}");
    assert!(done.stdout.contains("+uid=3735879680 execs=0"), "{done}");
}

#[test]
fn the_wrong_event_is_noticed() {
    for lab in ["hello", "hello-map"] {
        let course = CourseCopy::new();
        let source = format!("labs-bpf/ch2/{lab}/{lab}.bpf.c");
        course.replace(&source, "ksyscall/execve", "ksyscall/exit_group");
        let done = Labrunner::new(["ch2", lab]).within(course.path()).run();
        assert_eq!(done.code, 1, "{lab}: {done}");
    }
}

/// What a program does to the events that it is about is its own doing, not the machine's.
#[test]
fn a_program_that_stands_in_the_way_of_its_events_fails() {
    let course = CourseCopy::new();
    let source = "labs-bpf/ch2/hello/hello.bpf.c";
    course.replace(source, "bpf_printk(\"Hello World!\");", "bpf_send_signal(9);");
    let done = Labrunner::new(["ch2", "hello"]).within(course.path()).run();
    assert_eq!(done.code, 1, "{done}");
    assert!(done.stdout.contains("the events could not be made"), "{done}");
}

#[test]
fn what_a_source_file_holds_cannot_harm_the_terminal() {
    let course = CourseCopy::new();
    course.replace(HELLO_MAP, "\t\tif (!count)\n\t\t\treturn 0; /* the map is full */\n", "");
    course.replace(
        HELLO_MAP,
        "__sync_fetch_and_add(count, 1);",
        "__sync_fetch_and_add(count, 1); /* \x1b[2J */",
    );
    for more in [&[][..], &["--raw"]] {
        let arguments = ["ch2", "hello-map"].iter().chain(more);
        let done = Labrunner::new(arguments).within(course.path()).run();
        assert_eq!(done.code, 1, "{done}");
        assert!(!done.stdout.contains('\x1b'), "{done:?}");
    }
}
