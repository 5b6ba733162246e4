//! The programs that labrunner starts on this machine: cargo, for the lab programs, and clang.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, SystemTime};

use course_tests::{CourseCopy, Fakes, Labrunner, built, root, wait_until_gone};
use rustix::process::{Pid, Signal, kill_process};

/// Any lab; `--show-commands` has the programs built and runs nothing.
const SHOW: [&str; 5] = ["ch2", "hello-map", "--on", "host", "--show-commands"];

/// Ends a `labrunner` that hangs, so that the test fails instead of hanging too.
const BOUNDED: [&str; 4] = ["timeout", "-s", "KILL", "20"];

/// A cargo that builds nothing, and writes its environment down.
fn fake_cargo(then: &str) -> Fakes {
    Fakes::new().with("cargo", &format!("env >HERE/environment\n{then}"))
}

fn show(course: &CourseCopy, fakes: &Fakes) -> Labrunner {
    Labrunner::through(&BOUNDED, SHOW).within(course.path()).env("PATH", fakes.search_path())
}

// --- cargo ---

#[test]
fn a_program_that_is_missing_is_built_again() {
    for name in ["ch2-hello-map", "probe", "stimulus", "labrunner-guest"] {
        let course = CourseCopy::with_own_programs();
        let missing = course.programs().join(name);
        let build = format!("ln -sf '{}' \"{}\"", built(name).display(), missing.display());
        let fakes = fake_cargo(&build);
        let done = show(&course, &fakes).run();
        assert_eq!((done.code, fakes.log().as_str()), (0, ""), "{done}");

        fs::remove_file(&missing).unwrap();
        let done = show(&course, &fakes).run();
        assert_eq!((done.code, fakes.log().lines().count()), (0, 1), "{name}: {done}");
        let done = show(&course, &fakes).run();
        assert_eq!((done.code, fakes.log().lines().count()), (0, 1), "{name}: {done}");
    }
}

#[test]
fn a_build_that_leaves_a_program_out_is_told() {
    let course = CourseCopy::with_own_programs();
    fs::remove_file(course.programs().join("probe")).unwrap();
    let done = show(&course, &fake_cargo("")).run();
    assert_eq!(done.code, 69, "{done}");
    assert!(done.stderr.contains("probe"), "{done}");
}

#[test]
fn the_probe_of_bpf_is_among_the_sources() {
    let course = CourseCopy::with_own_programs();
    let fakes = fake_cargo("");
    let source = course.path().join("labs-bpf/probe/probe.bpf.c");
    let newer = SystemTime::now() + Duration::from_secs(1);
    fs::File::options().write(true).open(source).unwrap().set_modified(newer).unwrap();
    assert_eq!(show(&course, &fakes).run().code, 0);
    assert_eq!(fakes.log().lines().count(), 1, "{}", fakes.log());
}

#[test]
fn settings_of_other_builds_do_not_count() {
    let course = CourseCopy::with_own_programs();
    let fakes = fake_cargo("");
    fs::remove_file(course.programs().join(".labrunner-built")).unwrap();
    let done = show(&course, &fakes)
        .env("RUSTFLAGS", "-C target-cpu=native")
        .env("CARGO_ENCODED_RUSTFLAGS", "-C")
        .env("CARGO_BUILD_RUSTFLAGS", "-C")
        .env("CARGO_BUILD_TARGET", "wasm32-unknown-unknown")
        .run();
    assert_eq!(done.code, 0, "{done}");
    let environment = fakes.file("environment");
    assert!(!environment.contains("RUSTFLAGS="), "{environment}");
    assert!(!environment.contains("CARGO_BUILD_TARGET="), "{environment}");
    // Said on the command line, the folder is not one of a `target-dir` in a configuration.
    let folder = format!("--target-dir {}", course.path().join("target").display());
    assert!(fakes.log().contains(&folder), "{folder} in {}", fakes.log());
}

#[test]
fn links_that_lead_in_circles_are_not_followed() {
    let course = CourseCopy::with_own_programs();
    let labs = course.path().join("labs");
    fs::remove_file(&labs).unwrap();
    fs::create_dir_all(labs.join("src")).unwrap();
    symlink(root().join("labs/src/bin"), labs.join("src/bin")).unwrap();
    for name in ["one", "two", "three"] {
        symlink(".", labs.join(name)).unwrap();
    }
    let stamp = fs::File::create(course.programs().join(".labrunner-built")).unwrap();
    stamp.set_modified(SystemTime::now() + Duration::from_secs(1)).unwrap();
    let fakes = fake_cargo("");
    let done = show(&course, &fakes).run();
    assert_eq!((done.code, fakes.log().as_str()), (0, ""), "{done}");
    assert!(done.took < Duration::from_secs(5), "{:?}", done.took);
}

// --- what is left behind ---

/// Kills a labrunner while this program of the machine runs.
fn kill_during(program: &str, course: &CourseCopy) {
    let fakes = Fakes::new().with(program, "exec sleep 60");
    let mark = format!("{program}-{}", std::process::id());
    let mut child = Labrunner::new(["ch2", "hello-map"])
        .within(course.path())
        .env("PATH", fakes.search_path())
        .env("LABRUNNER_TEST_MARK", &mark)
        .start();
    for _ in 0..500 {
        if !fakes.log().is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(fakes.log().starts_with(program));
    kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
    wait_until_gone(&format!("LABRUNNER_TEST_MARK={mark}"));
}

#[test]
fn cargo_ends_with_labrunner() {
    let course = CourseCopy::with_own_programs();
    fs::remove_file(course.programs().join(".labrunner-built")).unwrap();
    kill_during("cargo", &course);
}

#[test]
fn clang_ends_with_labrunner() {
    kill_during("clang", &CourseCopy::new());
}

#[test]
fn without_setpriv() {
    let (command, _path) =
        Labrunner::new(["ch6", "hello-verifier", "--on", "host"]).without_programs(&["setpriv"]);
    let done = command.run();
    assert_eq!(done.code, 69, "{done}");
    assert!(done.stdout.contains("util-linux"), "{done}");
}

// --- clang ---

fn with_clang(script: &str) -> course_tests::Finished {
    let fakes = Fakes::new().with("clang", script);
    Labrunner::through(&BOUNDED, ["ch2", "hello-map"]).env("PATH", fakes.search_path()).run()
}

#[test]
fn a_clang_that_cannot_do_bpf_is_not_the_learners_mistake() {
    for words in [
        r#"error: unable to create target: 'No available targets are compatible with triple "bpf"'"#,
        r#"error: unable to create target"#,
    ] {
        let done = with_clang(&format!("cat >&2 <<'END'\n{words}\nEND\nexit 1"));
        assert_eq!(done.code, 69, "{done}");
        assert!(done.stdout.contains(words), "{done}");
        assert!(done.stdout.contains("apt-get install clang"), "{done}");
    }
}

#[test]
fn a_clang_that_was_killed_is_not_the_learners_mistake() {
    let done = with_clang("echo 'out of luck' >&2; kill -KILL $$");
    assert_eq!(done.code, 69, "{done}");
    assert!(done.stdout.contains("signal 9"), "{done}");
    assert!(done.stdout.contains("out of luck"), "{done}");
}

#[test]
fn an_object_too_large_for_a_lab_fails_at_compile() {
    let course = CourseCopy::new();
    let file = Path::new("labs-bpf/ch2/hello-map/hello-map.bpf.c");
    let text = fs::read_to_string(course.path().join(file)).unwrap();
    fs::write(course.path().join(file), text + "\nchar big[80 << 20] = {1};\n").unwrap();
    let done = Labrunner::new(["ch2", "hello-map", "--format", "json"]).within(course.path()).run();
    assert_eq!(done.code, 1, "{done}");
    let result = done.json();
    assert_eq!(result["stage"], "compile", "{done}");
    assert!(done.stdout.contains("the object is 80 MB"), "{done}");
}
