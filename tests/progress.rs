//! What the learner has done so far: `labrunner` alone, `next`, `hint`, and the marks in `list`.

use std::fs;
use std::path::Path;

use course_tests::{CourseCopy, Finished, Labrunner, ended, root};

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

/// The lab that was run last is meant wherever one is, and that of the folder in its folder.
#[test]
fn who_names_no_lab_means_the_one_that_was_run_last() {
    let home = tempfile::tempdir().unwrap();
    let in_folder = |folder: &Path, words: &[&str]| {
        Labrunner::new(words).env("XDG_STATE_HOME", home.path()).within(folder).run()
    };
    ended(&run(home.path(), &["ch2", "hello"]), 0, &["PASS"]);
    ended(&in_folder(Path::new("/"), &["hint"]), 0, &["ch2 hello\n1/"]);
    ended(&in_folder(Path::new("/"), &["break"]), 0, &["ch2 hello\n"]);
    let folder = root().join("labs-bpf/ch2/hello-tail");
    ended(&in_folder(&folder, &["exercise"]), 0, &["ch2 hello-tail\n"]);
    // An exercise that is not solved yet.
    ended(&run(home.path(), &["ch3", "hello-xdp", "--exercise", "drop"]), 1, &["FAIL"]);
    ended(&run(home.path(), &["hint"]), 0, &["ch3 hello-xdp, exercise drop\n1/"]);
    ended(&run(home.path(), &["ch3", "hello-xdp", "--break", "license"]), 0, &["PASS"]);
    ended(&run(home.path(), &["hint"]), 0, &["ch3 hello-xdp, exercise drop\n", "\n2/"]);
    ended(&run(home.path(), &["progress"]), 0, &["labs passed, "]);
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

/// A copy of the course that is a clone, as the learner's is.
fn clone() -> CourseCopy {
    let copy = CourseCopy::new();
    for words in [
        &["init", "--quiet"][..],
        &["add", "labs-bpf"],
        &["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "it"],
    ] {
        let done =
            std::process::Command::new("git").arg("-C").arg(copy.path()).args(words).status();
        assert!(done.unwrap().success(), "git {words:?}");
    }
    copy
}

const PROGRAM: &str = "labs-bpf/ch2/hello-map/hello-map.bpf.c";

#[test]
fn a_reset_keeps_the_learners_files_and_can_be_undone_and_that_undone() {
    let (home, copy) = (tempfile::tempdir().unwrap(), clone());
    let file = copy.path().join(PROGRAM);
    let (shipped, mine) = (fs::read_to_string(&file).unwrap(), "/* mine */\n");
    let reset = |words: &[&str]| {
        let words = [&["reset"], words].concat();
        Labrunner::new(words).env("XDG_STATE_HOME", home.path()).within(copy.path()).run()
    };
    ended(&reset(&["--undo"]), 2, &["There is no reset of"]);
    ended(&reset(&["ch2", "hello-map"]), 0, &["ch2 hello-map is as the course ships it."]);
    fs::write(&file, mine).unwrap();
    let toml = copy.path().join("labs-bpf/ch1/first-light/lab.toml");
    fs::remove_file(&toml).unwrap();
    let added = copy.path().join("labs-bpf/ch2/hello-map/notes.txt");
    fs::write(&added, "my own").unwrap();

    ended(&reset(&["ch2", "hello-map"]), 0, &[PROGRAM, "labrunner reset --undo"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), shipped);
    assert!(added.exists() && !toml.exists());
    ended(&reset(&["--undo"]), 0, &["As before the reset", PROGRAM]);
    assert_eq!(fs::read_to_string(&file).unwrap(), mine);
    ended(&reset(&["--undo"]), 0, &[PROGRAM]);
    assert_eq!(fs::read_to_string(&file).unwrap(), shipped);

    fs::write(&file, mine).unwrap();
    ended(&reset(&["--all"]), 0, &[PROGRAM, "labs-bpf/ch1/first-light/lab.toml"]);
    assert!(toml.exists());
    ended(&reset(&["--undo"]), 0, &[PROGRAM]);
    assert_eq!((fs::read_to_string(&file).unwrap().as_str(), toml.exists()), (mine, false));
}

#[test]
fn a_lab_whose_folder_was_removed_comes_back() {
    let (home, copy) = (tempfile::tempdir().unwrap(), clone());
    let reset = |words: &[&str]| {
        let words = [&["reset"], words].concat();
        Labrunner::new(words).env("XDG_STATE_HOME", home.path()).within(copy.path()).run()
    };
    let folder = copy.path().join("labs-bpf/ch2/hello-map");
    fs::remove_dir_all(&folder).unwrap();
    ended(&reset(&["ch2", "hello-maps"]), 2, &["There is no lab of ch2 named `hello-maps`."]);
    ended(&reset(&["ch2", "../ch3"]), 2, &["There is no lab of ch2 named `../ch3`."]);
    ended(&reset(&["ch2", "hello-map"]), 0, &[PROGRAM, "labs-bpf/ch2/hello-map/lab.toml"]);
    ended(&run(home.path(), &["ch2", "hello-map"]), 0, &["PASS"]);
    assert!(folder.join("breaks/null-check.patch").exists());
}

#[test]
fn nothing_is_replaced_where_nothing_can_be_kept() {
    let copy = clone();
    let file = copy.path().join(PROGRAM);
    fs::write(&file, "/* mine */").unwrap();
    let reset = Labrunner::new(["reset", "ch2", "hello-map"])
        .env("XDG_STATE_HOME", "/proc/nowhere")
        .within(copy.path())
        .run();
    ended(&reset, 69, &["cannot be copied", "Nothing was changed"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "/* mine */");
}

#[test]
fn a_solution_is_shown_to_those_who_solved_it_or_insist() {
    let (home, copy) = (tempfile::tempdir().unwrap(), clone());
    let solution = |words: &[&str]| {
        let words = [&["solution", "ch2", "hello-map"], words].concat();
        Labrunner::new(words).env("XDG_STATE_HOME", home.path()).within(copy.path()).run()
    };
    ended(&solution(&[]), 2, &["is not solved yet", "labrunner hint ch2 hello-map", "--yes"]);
    ended(
        &solution(&["--yes"]),
        0,
        &["is as the course ships it", "--exercise NAME (getppid, gid)"],
    );
    let shown = solution(&["--exercise", "gid", "--yes"]);
    ended(&shown, 0, &["From your", "+", "execs_by_owner"]);
    // Of a program that the patch does not fit, too.
    fs::write(copy.path().join(PROGRAM), "/* mine */\n").unwrap();
    ended(&solution(&["--exercise", "gid", "--yes"]), 0, &["-/* mine */", "execs_by_owner"]);
    ended(&solution(&["--exercise", "no"]), 2, &["There is no exercise"]);
}

#[test]
fn lists_say_what_is_done_and_progress_travels() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    ended(&run(here.path(), &["ch2", "hello-map", "--break", "null-check"]), 0, &["PASS"]);
    ended(&run(here.path(), &["ch2", "hello-map"]), 0, &["PASS"]);
    ended(&run(here.path(), &["break", "hello-map"]), 0, &["✓ null-check", "  key-size"]);
    ended(&run(here.path(), &["exercise", "hello-map"]), 0, &["  gid", "--exercise getppid"]);
    ended(&run(here.path(), &["list"]), 0, &["last run: pass, "]);

    let exported = run(here.path(), &["progress", "export"]).stdout;
    let file = there.path().join("exported.toml");
    fs::write(&file, &exported).unwrap();
    ended(&run(there.path(), &["hint", "ch1", "first-light"]), 0, &["1/3"]);
    let import = |file: &Path| run(there.path(), &["progress", "import", file.to_str().unwrap()]);
    ended(&import(&file), 0, &["1 lab taken over"]);
    assert_eq!(state(there.path(), "hello-map"), "passed");
    ended(&run(there.path(), &["hint", "ch1", "first-light"]), 0, &["2/3"]);
    fs::write(&file, "version = 99\n").unwrap();
    ended(&import(&file), 2, &["is of a newer labrunner"]);
    fs::write(&file, "nonsense").unwrap();
    ended(&import(&file), 2, &["is not what `labrunner progress export` prints"]);
    ended(&import(Path::new("/nowhere")), 2, &["cannot be read"]);
    assert_eq!(state(there.path(), "hello-map"), "passed");
}

#[test]
fn the_editor_gets_the_program_of_the_lab() {
    let home = tempfile::tempdir().unwrap();
    let edit = |editor: &str, words: &[&str]| {
        let words = [&["edit"], words].concat();
        let runner = Labrunner::new(words).env("VISUAL", "").env("EDITOR", editor);
        runner.env("XDG_STATE_HOME", home.path()).run()
    };
    ended(&edit("echo -n", &["hello-map"]), 0, &[PROGRAM]);
    ended(&edit("echo", &[]), 0, &["ch1/first-light/first-light.bpf.c"]);
    ended(&edit("/nowhere/vi", &["hello-map"]), 69, &["cannot be started", "EDITOR=vi"]);
    ended(&edit("false", &["hello-map"]), 2, &["ended with"]);
}
