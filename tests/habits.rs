//! What a shell's users expect: completions, manual pages, `--quiet`.

use std::process::Command;

use course_tests::{CourseCopy, Labrunner, labrunner, root};

/// What a script prints that a shell runs in the course's folder; `labrunner` is on its PATH.
fn shell(name: &str, script: &str) -> Vec<String> {
    let path = std::env::var("PATH").unwrap();
    let folder = labrunner().parent().unwrap().display().to_string();
    let output = Command::new(name)
        .args(["-c", script])
        .current_dir(root())
        .env("PATH", format!("{folder}:{path}"))
        .env("HOME", root().join("target/no-home"))
        .output()
        .unwrap_or_else(|e| panic!("{name}: {e}"));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && errors.is_empty(), "{name}: {script}: {errors}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_string).collect()
}

/// What Bash offers for the last word.
fn bash(words: &[&str]) -> Vec<String> {
    let script = format!(
        "source <(labrunner completions bash)
         COMP_WORDS=({}) COMP_CWORD={} COMP_TYPE=9
         _clap_complete_labrunner labrunner '{}' 2>/dev/null
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "),
        words.len() - 1,
        words.last().unwrap(),
    );
    shell("bash", &script).iter().map(|word| word.trim_end().to_string()).collect()
}

#[test]
fn bash_completes_what_the_course_has() {
    assert_eq!(bash(&["labrunner", "ch2", "hello-m"]), ["hello-map"]);
    assert_eq!(bash(&["labrunner", "hello-ring"]), ["hello-ringbuf"]);
    assert!(bash(&["labrunner", "watch", "ch10", ""]).contains(&"timers".into()));
    assert_eq!(bash(&["labrunner", "ch2", "hello-map", "--break", "null"]), ["null-check"]);
    assert_eq!(bash(&["labrunner", "hint", "ch3", "hello-xdp", "--exercise", ""]), ["drop"]);
    assert_eq!(bash(&["labrunner", "ch2", "hello-map", "--exercise", "no-such"]), [""]);
    let kernels = bash(&["labrunner", "ch2", "hello", "--kernel", ""]);
    assert!(kernels.contains(&"6.1".into()) && kernels.contains(&"all".into()), "{kernels:?}");
    // Ninety entries of the catalogue are in nobody's way.
    let of_chapter_6 = bash(&["labrunner", "ch6", ""]);
    assert!(!of_chapter_6.iter().any(|name| name.starts_with("catalogue/")), "{of_chapter_6:?}");
    let null = bash(&["labrunner", "ch6", "catalogue/null-check"]);
    assert!(null.contains(&"catalogue/null-check".into()), "{null:?}");
}

#[test]
fn fish_completes_with_what_each_is_about() {
    let script = "labrunner completions fish | source; complete -C 'labrunner ch2 hello-m'";
    assert_eq!(shell("fish", script), ["hello-map\tch2 hello-map"]);
}

#[test]
fn zsh_understands_what_it_is_given() {
    shell(
        "zsh",
        "autoload -U compinit; compinit -D; source <(labrunner completions zsh); (( $+_comps[labrunner] ))",
    );
}

#[test]
fn outside_of_the_course_nothing_is_offered_and_nothing_is_said() {
    let done = Labrunner::new(["--", "labrunner", "ch2", ""])
        .env("LABRUNNER_COMPLETE", "fish")
        .within("/".as_ref())
        .run();
    assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{done}");
    let done = Labrunner::new(["completions", "tcsh"]).run();
    assert_eq!(done.code, 2, "{done}");
    assert!(done.stderr.contains("[possible values: bash, zsh, fish]"), "{done}");
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    let done = Labrunner::new(["man"]).and(&pages).run();
    assert_eq!((done.code, done.stdout.as_str()), (0, ""), "{done}");
    let first = std::fs::read_to_string(pages.join("labrunner.1")).unwrap();
    assert_eq!(Labrunner::new(["man"]).run().stdout, first);
    assert!(first.contains("labrunner ch2 hello\\-map"), "{first}");
    assert!(pages.join("labrunner-kernel-add.1").is_file());
    assert!(!pages.join("labrunner-watch-guard.1").exists(), "it is nobody's to call");
    for entry in pages.read_dir().unwrap() {
        let page = entry.unwrap().path();
        let output = Command::new("man").args(["--warnings", "-l"]).arg(&page).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && errors.is_empty(), "{}: {errors}", page.display());
    }
    let done = Labrunner::new(["man", "/proc/nowhere"]).run();
    assert_eq!(done.code, 69, "{done}");
    assert!(done.stderr.contains("Name a folder that you may write to"), "{done}");
}

#[test]
fn quiet_leaves_the_verdict() {
    let done = Labrunner::new(["ch2", "hello-map", "--quiet"]).run();
    assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{done}");
    assert!(done.stdout.starts_with("ch2 hello-map PASS  "), "{done}");
    assert_eq!(done.stdout.lines().count(), 1, "{done}");

    let done = Labrunner::new(["check", "hello-xdp", "-q"]).run();
    assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{done}");
    assert!(done.stdout.starts_with("\n") && done.stdout.lines().count() == 2, "{done}");

    let course = CourseCopy::new();
    course.replace("labs-bpf/ch3/hello-xdp/hello-xdp.bpf.c", "XDP_PASS", "XDP_DROP");
    let done = Labrunner::new(["check", "hello-xdp", "-q"]).within(course.path()).run();
    assert_eq!((done.code, done.stderr.as_str()), (1, ""), "{done}");
    let rows: Vec<&str> = done.stdout.lines().filter(|line| line.contains("pass ")).collect();
    assert!(done.stdout.contains("FAIL [1]") && rows.is_empty(), "{done}");
}
