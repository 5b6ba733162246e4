//! The command line: names, suggestions, colours, formats.

use course_tests::{CourseCopy, Labrunner, root};

#[test]
fn unknown_names_get_the_nearest_one() {
    for (arguments, message) in [
        (
            &["ch2", "helo-map"][..],
            "There is no lab of ch2 named `helo-map`. Did you mean `hello-map`?",
        ),
        (
            &["hc2", "hello-map"],
            "There is no chapter, lab or command named `hc2`. Did you mean `ch2`?",
        ),
        (&["lits"], "There is no chapter, lab or command named `lits`. Did you mean `list`?"),
        (&["ch99", "x"], "There is no chapter, lab or command named `ch99`."),
        (&["hints"], "Did you mean `hint`?"),
        (&["nxt"], "Did you mean `next`?"),
        (&["rest", "ch2", "hello"], "There is no chapter, lab or command named `rest`."),
        (&["something-else"], "named `something-else`. All there are: labrunner list"),
        (&["hint", "ch99", "x"], "There is no chapter named `ch99`."),
        (
            &["ch2", "hello-map", "--break", "nul-check"],
            "There is no break of ch2 hello-map named `nul-check`. Did you mean `null-check`?",
        ),
        (&["ch2", "hello-map", "--on", "moon"], "invalid value 'moon' for '--on <ENGINE>'"),
        (&["ch2", "hello-map", "--deadline", "0"], "a deadline lies between 0.1 and 3600 seconds"),
        (&["ch2", "hello-map", "more"], "`more` is one word too many"),
        (&["--on", "host"], "Which lab? Name one"),
        (&["ch2", "hello-map", "--kernel", ","], "--kernel"),
        (&["ch3", "hello-xdp", "--on", "host", "--kernel", "6.1"], "Leave one of them out"),
        (&["ch2", "hello-map", "--kernel", "../../etc"], "cannot be the name of a kernel"),
    ] {
        let done = Labrunner::new(arguments).run();
        assert!(
            done.stderr.contains(message) || done.stdout.contains(message),
            "{message}: {done}"
        );
        assert_eq!(done.code, 2, "{done}");
    }
}

#[test]
fn a_chapter_alone_lists_its_labs() {
    let done = Labrunner::new(["ch2"]).run();
    assert_eq!(done.code, 0, "{done}");
    assert!(done.stdout.starts_with("ch2\n"), "{done}");
    for part in ["hello-map ", "Count program starts", "break: null-check, key-size"] {
        assert!(done.stdout.contains(part), "{part}: {done}");
    }
    assert!(!done.stdout.contains("hello-xdp"), "{done}");
}

#[test]
fn breaks_are_listed() {
    let done = Labrunner::new(["ch2", "hello-map", "--break"]).run();
    assert_eq!(done.code, 0, "{done}");
    assert!(done.stdout.starts_with("null-check"), "{done}");
}

#[test]
fn outside_the_course_it_says_where_to_go() {
    let state = tempfile::tempdir().unwrap();
    let done =
        Labrunner::new(["list"]).within("/".as_ref()).env("XDG_STATE_HOME", state.path()).run();
    assert_eq!(done.code, 2, "{done}");
    assert!(done.stderr.contains("Change to the folder that you cloned"), "{done}");
}

#[test]
fn it_works_from_any_folder_of_the_course() {
    let done = Labrunner::new(["list"]).within(&root().join("runner/src")).run();
    assert_eq!(done.code, 0, "{done}");
}

#[test]
fn colours_are_for_terminals_and_on_demand() {
    let plain = Labrunner::new(["ch3", "hello-xdp"]).run();
    assert!(!plain.stdout.contains('\x1b'), "{plain}");
    let forced = Labrunner::new(["ch3", "hello-xdp", "--color", "always"]).run();
    assert!(forced.stdout.contains("\x1b[1;32mPASS\x1b[0m"), "{forced}");
    let never = Labrunner::new(["ch3", "hello-xdp", "--color", "never"]).env("CLICOLOR_FORCE", "1");
    assert!(!never.run().stdout.contains('\x1b'));
}

#[test]
fn json_has_the_promised_fields() {
    course_tests::kernels(); // what is said while a machine is made comes before
    let done = Labrunner::new(["ch2", "hello", "--format", "json"]).run();
    let result = done.json();
    assert_eq!(done.stderr, "", "{done}");
    let fields = [
        "lab",
        "engine",
        "kernel",
        "verdict",
        "stages",
        "diff",
        "verifier",
        "skipped_reason",
        "hint",
    ];
    for field in fields {
        assert!(result.get(field).is_some(), "{field} in {done}");
    }
    assert_eq!(result["lab"], "ch2 hello");
    assert_eq!(result["engine"], "vm");
    assert_eq!(result["verdict"], "pass");
    let names: Vec<&str> =
        result["stages"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["compile", "start", "open", "load", "attach", "trigger", "observe", "compare"]
    );
}

#[test]
fn the_commands_that_do_the_same_by_hand_work() {
    for more in [&["--show-commands"][..], &["--show-commands", "--break", "null-check"]] {
        let course = CourseCopy::new();
        let arguments = ["ch2", "hello-map"].iter().chain(more);
        let done = Labrunner::new(arguments).within(course.path()).run();
        assert_eq!(done.code, 0, "{done}");
        for tool in ["clang ", "bpftool ", "qemu-system-"] {
            assert!(done.stdout.contains(tool), "{tool} in {done}");
        }
        let kinds = ["cd ", "patch ", "clang "];
        let lines = done.stdout.lines().filter(|line| kinds.iter().any(|k| line.starts_with(k)));
        let script = lines.collect::<Vec<_>>().join(" && ");
        let folder = tempfile::tempdir().unwrap();
        let script =
            script.replace("/tmp/hello-map", &format!("{}/hello-map", folder.path().display()));
        let by_hand = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        assert!(by_hand.status.success(), "{script}: {}", String::from_utf8_lossy(&by_hand.stderr));
        assert!(folder.path().join("hello-map.bpf.o").is_file());
    }
}

#[test]
fn cleaning_the_cache_removes_only_what_is_ours() {
    let folder = tempfile::tempdir().unwrap();
    let machines = folder.path().join("machines");
    std::fs::create_dir(&machines).unwrap();
    std::fs::write(machines.join("6.1-0.state"), "x").unwrap();
    std::fs::write(folder.path().join("thesis.tex"), "years of work").unwrap();
    let done = Labrunner::new(["cache", "--clean"]).env("LABRUNNER_CACHE", folder.path()).run();
    assert_eq!(done.code, 0, "{done}");
    assert!(!machines.exists());
    assert!(folder.path().join("thesis.tex").exists());
}

#[test]
fn a_result_that_cannot_be_written_is_no_success() {
    let line = "\"$0\" list > /dev/full";
    let status = std::process::Command::new("sh")
        .args(["-c", line])
        .arg(course_tests::labrunner())
        .current_dir(root())
        .status();
    assert_eq!(status.unwrap().code(), Some(69));
    let line = "\"$0\" list | head -1; exit ${PIPESTATUS[0]}";
    let output = std::process::Command::new("bash")
        .args(["-c", line])
        .arg(course_tests::labrunner())
        .current_dir(root())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_manifest_with_an_unknown_key_names_its_line() {
    let course = CourseCopy::new();
    for (old, new, key) in [
        ("summary = ", "sumary = 1\nsummary = ", "sumary"),
        ("title = \"Use", "tilte = 1\ntitle = \"Use", "tilte"),
    ] {
        course.replace("labs-bpf/ch2/hello-map/lab.toml", old, new);
        let done = Labrunner::new(["list"]).within(course.path()).run();
        assert_eq!(done.code, 2, "{done}");
        assert!(done.stderr.contains("labs-bpf/ch2/hello-map/lab.toml"), "{done}");
        assert!(done.stderr.contains(key), "{done}");
        course.replace("labs-bpf/ch2/hello-map/lab.toml", new, old);
    }
}
