//! `labrunner watch` where things go wrong: files, terminals and surroundings that are not as they should be.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use course_tests::{CourseCopy, Headless, Labrunner, Terminal, ended};

const LAB: &str = "labs-bpf/ch2/hello-map";
const SOURCE: &str = "labs-bpf/ch2/hello-map/hello-map.bpf.c";

/// A watch in this course, started by another program if one is named.
fn headless(course: &CourseCopy, state: &Path, wrapper: &[&str]) -> Headless {
    let words = ["watch", "ch2", "hello-map"];
    let command = match wrapper {
        [] => Labrunner::new(words),
        wrapper => Labrunner::through(wrapper, words),
    };
    Headless::new(command.within(course.path()).env("XDG_STATE_HOME", state))
}

fn start(course: &CourseCopy) -> (Headless, tempfile::TempDir) {
    let state = tempfile::tempdir().unwrap();
    let watch = headless(course, state.path(), &[]);
    watch.verdict("PASS  ch2 hello-map");
    (watch, state)
}

fn append(course: &CourseCopy, line: &str) -> String {
    fs::read_to_string(course.path().join(SOURCE)).unwrap() + line + "\n"
}

#[test]
fn without_a_terminal_there_is_a_line_for_each_verdict() {
    let course = CourseCopy::new();
    let (watch, _state) = start(&course);
    fs::write(course.path().join(SOURCE), append(&course, "int x")).unwrap();
    let line = watch.verdict("FAIL  ch2 hello-map  at compile");
    assert!(line.contains(" s after the save: wait "), "{line}");
    assert_eq!(watch.end(), 1);
    // What is at the end of its input at once still gives one verdict.
    let state = tempfile::tempdir().unwrap();
    let command = Labrunner::new(["watch", "ch2", "hello-map"]).within(course.path());
    ended(&command.env("XDG_STATE_HOME", state.path()).run(), 1, &["FAIL  ch2 hello-map"]);
}

#[test]
fn an_interrupt_ends_it_without_a_terminal_too() {
    let (mut watch, _state) = start(&CourseCopy::new());
    let id = watch.child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(watch.child.wait().unwrap().code(), Some(130));
}

#[test]
fn every_way_to_save_gives_one_verdict() {
    let course = CourseCopy::new();
    let (watch, _state) = start(&course);
    let path = course.path().join(SOURCE);
    // Truncate and write, in two steps.
    let text = append(&course, "int in_place");
    let mut file = fs::File::create(&path).unwrap();
    std::thread::sleep(Duration::from_millis(15));
    file.write_all(text.as_bytes()).unwrap();
    drop(file);
    watch.verdict("FAIL");
    // A rename within the folder, and one from another.
    for folder in [path.parent().unwrap(), course.path()] {
        let beside = folder.join("saving");
        fs::write(&beside, text.replace("int in_place", "/* renamed */")).unwrap();
        fs::rename(&beside, &path).unwrap();
        watch.verdict("PASS");
        fs::write(&path, &text).unwrap();
        watch.verdict("FAIL");
    }
    // vi, which has a file for its changes and a backup beside it.
    if Command::new("vim").arg("--version").output().is_ok() {
        let keys = ["-u", "NONE", "-N", "-n", "-es", "-c", "set backup", "-c", "$d", "-c", "wq"];
        let status = Command::new("vim").args(keys).arg(&path).status().unwrap();
        assert!(status.success());
        watch.verdict("PASS");
        fs::write(&path, &text).unwrap();
        watch.verdict("FAIL");
    }
    assert!(watch.lines.recv_timeout(Duration::from_secs(1)).is_err(), "no further verdict");
    watch.end();
}

#[test]
fn the_manifest_headers_and_what_is_expected_are_watched_too() {
    let course = CourseCopy::new();
    let (watch, _state) = start(&course);
    course.replace(&format!("{LAB}/lab.toml"), "summary", "summry");
    let line = watch.verdict("ERROR");
    assert!(line.contains("lab.toml"), "{line}");
    course.replace(&format!("{LAB}/lab.toml"), "summry", "summary");
    watch.verdict("PASS");
    fs::write(course.path().join("labs-bpf/include/own.h"), "").unwrap();
    watch.verdict("PASS");
    watch.end();
}

#[test]
fn a_lab_that_is_gone_is_told_and_may_come_back() {
    let course = CourseCopy::new();
    let (watch, _state) = start(&course);
    let aside = course.path().join("aside");
    fs::rename(course.path().join("labs-bpf/ch2"), &aside).unwrap();
    let line = watch.verdict("ERROR  ch2 hello-map");
    assert!(line.contains("Waiting for it to come back"), "{line}");
    fs::rename(&aside, course.path().join("labs-bpf/ch2")).unwrap();
    watch.verdict("PASS");
    // The source alone.
    let path = course.path().join(SOURCE);
    fs::rename(&path, &aside).unwrap();
    let line = watch.verdict("ERROR");
    assert!(line.contains("hello-map.bpf.c is gone"), "{line}");
    fs::rename(&aside, &path).unwrap();
    watch.verdict("PASS");
    watch.end();
}

#[test]
fn strange_files_do_no_harm() {
    let course = CourseCopy::new();
    let (watch, _state) = start(&course);
    symlink(".", course.path().join(LAB).join("again")).unwrap();
    symlink("loop.h", course.path().join(LAB).join("loop.h")).unwrap();
    let path = course.path().join(SOURCE);
    let good = fs::read_to_string(&path).unwrap();
    // 10 MB that are no program, that clang works at for long, and that are a comment.
    fs::write(&path, "int @ x;\n".repeat(10_000_000 / 9)).unwrap();
    watch.verdict("FAIL");
    fs::write(&path, "int x;; y\n".repeat(1_000_000)).unwrap();
    std::thread::sleep(Duration::from_secs(1));
    fs::write(&path, good.clone() + &"/* a line of comment */\n".repeat(10_000_000 / 24)).unwrap();
    watch.verdict("PASS");
    fs::write(&path, [0xff, 0, 0xfe, b'\n']).unwrap();
    watch.verdict("");
    fs::write(&path, "").unwrap();
    watch.verdict("FAIL");
    fs::write(&path, &good).unwrap();
    watch.verdict("PASS");
    watch.end();
}

#[test]
fn a_state_that_cannot_be_written_is_told_once() {
    let course = CourseCopy::new();
    let watch = headless(&course, Path::new("/dev/null/state"), &[]);
    watch.says("not written down");
    watch.verdict("PASS");
    fs::write(course.path().join(SOURCE), append(&course, "/* once more */")).unwrap();
    watch.verdict("PASS");
    assert_eq!(watch.end(), 0);
}

#[test]
fn files_are_looked_at_where_no_events_come() {
    let state = tempfile::tempdir().unwrap();
    let course = CourseCopy::new();
    // In a namespace of its own, where nobody may watch files; as when the limit of the machine is reached.
    let none = "echo 0 >/proc/sys/user/max_inotify_instances && exec \"$0\" \"$@\"";
    let wrapper = ["unshare", "--user", "--map-root-user", "sh", "-c", none];
    let watch = headless(&course, state.path(), &wrapper);
    watch.says("Looking for changes 4 times a second: too many files are watched");
    watch.verdict("PASS");
    fs::write(course.path().join(SOURCE), append(&course, "int x")).unwrap();
    watch.verdict("FAIL");
    watch.end();
}

#[test]
fn a_terminal_may_be_small_without_colours_and_change_its_size() {
    let state = tempfile::tempdir().unwrap();
    let course = CourseCopy::new();
    let env = [("NO_COLOR", "1")];
    let terminal = Terminal::new(&course, state.path(), (12, 3), &env);
    terminal.command("$labrunner watch ch2 hello-map");
    terminal.wait_for_status(" PASS");
    let narrow = terminal.everything();
    terminal.resize(90, 25);
    terminal.wait_for_status(" PASS  ch2 hello-map  n next");
    terminal.resize(24, 10);
    terminal.wait_until("a shorter line", |all| all.ends_with(" PASS  ch2 hello-map"));
    terminal.resize(1, 1);
    terminal.resize(90, 25);
    terminal.wait_for_status(" PASS  ch2 hello-map  n next");
    let all = terminal.everything();
    assert_eq!(all.matches("n next ").count(), 1, "one line of status: {all}\nbefore: {narrow}");
    assert!(!terminal.colours().contains('\x1b'), "{}", terminal.colours());
    terminal.text("q");
    terminal.wait_for("goes on with");
}

#[test]
fn what_was_asked_wrongly_is_told_at_once() {
    let watch = |words: &[&str]| Labrunner::new(["watch"]).and_all(words).run();
    ended(&watch(&["ch2", "no-such"]), 2, &["no-such"]);
    ended(&watch(&["ch2", "hello-map", "--exercise", "no"]), 2, &["There is no exercise"]);
    ended(&watch(&["ch2", "hello-map", "--kernel", "6.1,6.12"]), 2, &["one kernel"]);
    ended(&watch(&["ch2", "hello-map", "--exercise"]), 0, &["gid"]);
}
