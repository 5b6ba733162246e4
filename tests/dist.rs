//! The file to hand out: all that a learner does with it, without a clone, without Rust and without git.

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

use course_tests::{
    Class, Fakes, Headless, Labrunner, Learner, ended, handed_out, hello_map, newer, root,
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

const HELLO_MAP: &str = "labs-bpf/ch2/hello-map/hello-map.bpf.c";
const RUST_SIDE: &str = "labs/src/bin/ch2-hello-map.rs";
const ADDS_TWO: [&str; 2] = ["__sync_fetch_and_add(count, 1)", "__sync_fetch_and_add(count, 2)"];

#[test]
fn it_is_small_and_needs_no_library() {
    let size = fs::metadata(handed_out()).unwrap().len();
    assert!(size <= 60_000_000, "{size} bytes");
    let ldd = std::process::Command::new("ldd").arg(handed_out()).output().unwrap();
    let said = String::from_utf8_lossy(&ldd.stdout) + String::from_utf8_lossy(&ldd.stderr);
    assert!(said.contains("statically linked") || said.contains("not a dynamic"), "{said}");
}

#[test]
fn labs_run_without_a_clone_and_without_rust() {
    let learner = Learner::new();
    ended(&learner.run(["init", "work"]), 0, &["is your workspace", "labrunner ch2 hello-map"]);
    assert_eq!(learner.differences(), "");
    assert!(!learner.path("work/.labrunner/part").exists());
    assert!(!learner.path("work/runner/src").exists(), "the runner's own sources are not needed");

    for (arguments, parts) in [
        (["ch2", "hello-map", "--color=never"], ["PASS", "uid=1000 execs=5"]),
        (["ch3", "hello-xdp", "--color=never"], ["PASS", "ch3 hello-xdp"]),
        (["ch2", "hello-map", "--break=null-check"], ["PASS  it fails as it should", "R0 invalid"]),
    ] {
        ended(&learner.work(arguments), 0, &parts);
    }
    ended(
        &learner.work(["ch3", "hello-xdp", "--exercise", "drop", "--solution"]),
        0,
        &["PASS", "drop"],
    );
    ended(&learner.work(["list"]), 0, &["hello-map", "user-ringbuf"]);
    ended(&learner.work(["hint", "ch2", "hello-map"]), 0, &["1/"]);
    ended(&learner.work(["verify", HELLO_MAP]), 0, &["LOADS  1 loaded"]);
    // What was done is in the home, and nothing is built.
    assert!(learner.path("home/.local/state/labrunner").is_dir());
    assert!(!learner.path("work/target").exists());
    assert_eq!(learner.differences(), "");
}

#[test]
fn a_watch_tells_of_each_save_and_asks_for_cargo_when_it_is_needed() {
    let learner = Learner::with_workspace();
    let command = Labrunner::at(handed_out(), ["watch", "ch2", "hello-map"]);
    let (command, _path) = learner.equipped(command.within(&learner.path("work")));
    let watch = Headless::new(command);
    watch.verdict("PASS  ch2 hello-map");
    learner.replace(HELLO_MAP, ADDS_TWO[0], ADDS_TWO[1]);
    watch.verdict("FAIL  ch2 hello-map");
    let rust_side = learner.read(RUST_SIDE);
    learner.replace(RUST_SIDE, "fn main()", "// mine\nfn main()");
    watch.verdict("ERROR");
    watch.says("cargo is not installed");
    fs::write(learner.path("work").join(RUST_SIDE), rust_side).unwrap();
    watch.verdict("FAIL  ch2 hello-map");
    learner.replace(HELLO_MAP, ADDS_TWO[1], ADDS_TWO[0]);
    watch.verdict("PASS  ch2 hello-map");
    assert_eq!(watch.end(), 0);
    assert_eq!(learner.differences(), "");
}

#[test]
fn a_class_is_graded_with_the_course_of_the_workspace() {
    let (learner, class) = (Learner::with_workspace(), Class::new());
    class.put("alice", HELLO_MAP, hello_map(Some("exercises/gid.patch")));
    class.put("bob", "hello-map.bpf.c", hello_map(Some("exercises/gid-lower-half.patch")));
    let (folder, out) = (class.submissions(), class.path("grades"));
    let grade = |words: &[&str]| {
        let command = Labrunner::at(handed_out(), ["grade", "--kernel", "6.1"]);
        let command = command.and("--out").and(&out).and_all(words).and(&folder);
        learner.finish(command.within(&learner.path("work")))
    };
    let tasks = ["--exercise", "ch2/hello-map:gid"];
    ended(&grade(&tasks), 0, &["alice", "ch2/hello-map:gid pass", "bob", "gid fail at compare"]);

    // The Rust side of another lab is not asked for; that of this one is.
    learner.replace("labs/src/bin/ch3-hello-xdp.rs", "fn main()", "// mine\nfn main()");
    let again = |words: &[&str]| grade(&[words, &["--overwrite"]].concat());
    ended(&again(&tasks), 0, &["alice"]);
    learner.replace(RUST_SIDE, "fn main()", "// mine\nfn main()");
    ended(&again(&tasks), 69, &[RUST_SIDE, "cargo is not installed"]);
}

#[test]
fn the_doctor_knows_that_nothing_is_missing() {
    let learner = Learner::with_workspace();
    let course = || {
        let done = learner.work(["doctor", "--format", "json"]);
        let json = done.json();
        let findings = json["findings"].as_array().unwrap().clone();
        let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or("").to_string();
        let names: Vec<String> = findings.iter().map(|finding| text(finding, "what")).collect();
        for needless in ["git", "build folder"] {
            assert!(!names.iter().any(|name| name == needless), "{needless} in {done}");
        }
        let course = findings.iter().find(|finding| finding["what"] == "course").unwrap();
        (done.code, ["state", "detail", "means"].map(|key| text(course, key)))
    };
    let (code, [state, detail, _]) = course();
    assert_eq!((code, &*state), (0, "ok"), "{detail}");
    assert!(detail.ends_with("work, a workspace: labrunner has brought its programs along"));

    learner.replace(RUST_SIDE, "fn main()", "// mine\nfn main()");
    let (code, [state, detail, means]) = course();
    assert_eq!((code, &*state), (0, "note"), "{detail}");
    assert!(detail.contains(RUST_SIDE), "{detail}");
    assert!(means.contains("there is no cargo. The others do."), "{means}");
}

#[test]
fn solution_and_reset_know_what_was_laid_out() {
    let learner = Learner::with_workspace();
    learner.replace(HELLO_MAP, ADDS_TWO[0], ADDS_TWO[1]);
    ended(&learner.work(["ch2", "hello-map"]), 1, &["FAIL", "execs=6"]);
    let removed = format!("-\t{};", ADDS_TWO[1]);
    ended(&learner.work(["solution", "ch2", "hello-map", "--yes"]), 0, &[&removed]);
    ended(&learner.work(["reset", "ch2", "hello-map"]), 0, &["As shipped again", HELLO_MAP]);
    assert_eq!(learner.differences(), "");
    ended(&learner.work(["reset", "--undo"]), 0, &["As before the reset"]);
    assert!(learner.read(HELLO_MAP).contains(ADDS_TWO[1]));

    fs::remove_file(learner.path("work").join(RUST_SIDE)).unwrap();
    ended(&learner.work(["reset", "--all"]), 0, &[HELLO_MAP, RUST_SIDE]);
    assert_eq!(learner.differences(), "");
}

#[test]
fn the_book_is_built_and_its_pages_are_found() {
    let learner = Learner::with_workspace();
    let done = learner.work(["book", "--build"]);
    ended(&done, 0, &[".labrunner/book"]);
    let page = learner.read(".labrunner/book/ch2/hello-map.html");
    assert!(page.contains("execs_by_uid") && page.contains("uid=1000 execs=5"));
    ended(&learner.work(["ch2", "hello-map", "--page"]), 0, &["file://", "ch2/hello-map.html"]);
    assert!(!learner.path("work/target").exists());
}

#[test]
fn rust_is_asked_for_only_where_the_rust_side_has_changed() {
    let learner = Learner::with_workspace();
    learner.replace(RUST_SIDE, "fn main()", "// mine\nfn main()");
    let asked = [RUST_SIDE, "cargo is not installed", "rustup.rs", "labrunner reset"];
    ended(&learner.work(["ch2", "hello-map"]), 69, &asked);
    ended(&learner.work(["ch2", "hello"]), 0, &["PASS"]);

    // With a cargo, that one builds, in the workspace.
    let fakes = Fakes::new().with("cargo", "pwd >HERE/where; exit 1");
    let command = Labrunner::at(handed_out(), ["ch2", "hello-map"]).within(&learner.path("work"));
    let done = learner.at_home(command).env("PATH", fakes.search_path()).run();
    ended(&done, 1, &["The lab programs do not build"]);
    assert_eq!(Path::new(fakes.file("where").trim_end()), learner.path("work"));
    let log = fakes.log();
    assert!(log.contains("-p labs -p labrunner-guest") && log.lines().count() == 1, "{log}");

    ended(&learner.work(["reset", "ch2", "hello-map"]), 0, &[RUST_SIDE]);
    ended(&learner.work(["ch2", "hello-map"]), 0, &["PASS"]);

    // What all labs share is theirs, too; and a lab that nobody shipped has no program yet.
    learner.replace("labs/src/lib.rs", "\nuse ", "\n\nuse ");
    ended(&learner.work(["ch2", "hello"]), 69, &["labs/src/lib.rs", "cargo is not installed"]);
}

#[test]
fn the_shipped_lock_file_fits_the_shipped_manifests() {
    let learner = Learner::with_workspace();
    let metadata = std::process::Command::new("cargo")
        .args(["metadata", "--locked", "--offline", "--format-version", "1"])
        .current_dir(learner.path("work"))
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    assert_eq!(learner.differences(), "");
}

#[test]
fn an_upgrade_merges_and_keeps_what_is_the_learners() {
    let learner = Learner::with_workspace();
    let folder = learner.path("");
    let file = newer(
        &folder,
        r#"
        cd labs-bpf
        echo '/* newer */' >>ch2/hello-map/hello-map.bpf.c
        echo '/* newer */' >>ch2/hello/hello.bpf.c
        cp -r ch2/hello ch2/hello-again
        mv ch2/hello-again/hello.bpf.c ch2/hello-again/hello-again.bpf.c
        rm -r ch3/hello-xdp
    "#,
    );
    let work = learner.path("work");
    // Both have changed the first, the learner alone the second and the Rust side of a lab; one is gone.
    learner.replace(HELLO_MAP, ADDS_TWO[0], ADDS_TWO[1]);
    learner.replace(RUST_SIDE, "fn main()", "// mine\nfn main()");
    let manifest = "labs-bpf/ch2/hello-map/lab.toml";
    fs::remove_file(work.join(manifest)).unwrap();
    let mine = learner.read(HELLO_MAP);

    ended(
        &learner.work_with(&file, ["ch2", "hello"]),
        2,
        &["laid out by another labrunner", "labrunner upgrade"],
    );
    let done = learner.work_with(&file, ["upgrade"]);
    let beside = format!("{HELLO_MAP}.new");
    ended(&done, 0, &["to 9.9.9 (newer)", "New labs: ch2 hello-again", &beside, RUST_SIDE]);
    assert_eq!(learner.read(HELLO_MAP), mine);
    assert!(learner.read(&beside).ends_with("/* newer */\n"));
    assert!(learner.read("labs-bpf/ch2/hello/hello.bpf.c").ends_with("/* newer */\n"));
    assert!(learner.read(RUST_SIDE).contains("// mine"));
    assert!(!work.join(format!("{RUST_SIDE}.new")).exists());
    assert!(work.join(manifest).is_file() && work.join("labs-bpf/ch2/hello-again").is_dir());
    assert!(work.join("labs-bpf/ch3/hello-xdp/hello-xdp.bpf.c").is_file(), "it stays");
    let (map, rust) = (format!("{HELLO_MAP}: FAILED\n"), format!("{RUST_SIDE}: FAILED\n"));
    assert_eq!(learner.differences(), rust + &map);

    // The lab runs with the learner's program, once the Rust side is the course's again.
    ended(&learner.work_with(&file, ["ch2", "hello-map"]), 69, &["cargo is not installed"]);
    fs::remove_file(work.join(RUST_SIDE)).unwrap();
    ended(
        &learner.work_with(&file, ["upgrade"]),
        0,
        &["is up to date", "put back, which were gone: 1"],
    );
    ended(&learner.work_with(&file, ["ch2", "hello-map"]), 1, &["FAIL", "execs=6"]);
    assert_eq!(learner.differences(), map);

    // Nothing is left to do, and there is no way back.
    let again = learner.work_with(&file, ["upgrade"]);
    ended(&again, 0, &["Kept as you have them, since the course has not changed them", HELLO_MAP]);
    ended(&learner.work(["upgrade"]), 2, &["the older", "Nothing was changed"]);
    ended(&learner.work(["ch2", "hello"]), 2, &["laid out by another labrunner"]);
}

#[test]
fn an_interrupted_one_is_gone_on_with() {
    let learner = Learner::with_workspace();
    let mark = learner.path("other/.labrunner/workspace.toml");
    let command = Labrunner::at(handed_out(), ["init", "other"]).within(&learner.path(""));
    let mut child = learner.at_home(command).start();
    while !mark.exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    assert!(!child.wait().unwrap().success());
    fs::remove_dir_all(learner.path("work")).unwrap();
    fs::rename(learner.path("other"), learner.path("work")).unwrap();
    assert!(!learner.path("work/.labrunner/shipped").exists(), "it was done before the kill");

    ended(&learner.work(["ch2", "hello-map"]), 2, &[]);
    ended(&learner.run(["init", "work"]), 0, &["is your workspace"]);
    assert_eq!(learner.differences(), "");
    assert!(!learner.path("work/.labrunner/part").exists());
    ended(&learner.work(["ch2", "hello-map"]), 0, &["PASS"]);
}

#[test]
fn a_workspace_is_laid_out_only_where_nothing_is_in_the_way() {
    let learner = Learner::with_workspace();
    fs::create_dir(learner.path("full")).unwrap();
    fs::write(learner.path("full/thesis.txt"), "mine").unwrap();
    fs::write(learner.path("file"), "mine").unwrap();
    symlink("nowhere", learner.path("dangling")).unwrap();
    for (folder, why) in [
        ("full", "is not empty"),
        ("file", "is no folder"),
        ("dangling", "is a symbolic link to a folder that is not there"),
    ] {
        ended(&learner.run(["init", folder]), 2, &[why]);
    }
    assert_eq!(fs::read_dir(learner.path("full")).unwrap().count(), 1);
    ended(&learner.run(["init", root().to_str().unwrap()]), 2, &["is a clone of the course"]);
    ended(&learner.run(["init", "/proc/workspace"]), 69, &["cannot be written"]);
    ended(&learner.run(["upgrade"]), 2, &["is not inside a workspace", "labrunner init DIR"]);
    ended(&learner.run(["list"]), 2, &["labrunner init"]);
    ended(&learner.run(["init"]), 2, &["<DIR>"]);

    // A link in the workspace, of which nobody knows where it leads.
    let (chapter, elsewhere) = (learner.path("work/labs-bpf/ch2"), learner.path("elsewhere"));
    fs::rename(&chapter, &elsewhere).unwrap();
    symlink(&elsewhere, &chapter).unwrap();
    fs::remove_file(elsewhere.join("hello/hello.bpf.c")).unwrap();
    ended(
        &learner.work(["upgrade"]),
        2,
        &["labs-bpf/ch2 is a symbolic link", "Nothing was changed"],
    );
    assert!(!elsewhere.join("hello/hello.bpf.c").exists());
}

#[test]
fn a_labrunner_of_a_clone_carries_nothing() {
    let learner = Learner::with_workspace();
    let init = Labrunner::new(["init", "another"]).within(&learner.path(""));
    ended(&init.run(), 2, &["carries no course", "scripts/dist"]);
    let reset = Labrunner::new(["reset", "ch2", "hello-map"]).within(&learner.path("work"));
    ended(&reset.run(), 69, &["What the course shipped cannot be told"]);
}

#[test]
fn a_damaged_file_says_so_and_lays_nothing_out() {
    let learner = Learner::new();
    let file = learner.path("labrunner");
    fs::copy(handed_out(), &file).unwrap();
    let size = fs::metadata(&file).unwrap().len();
    let init = || learner.finish(Labrunner::at(&file, ["init", "work"]).within(&learner.path("")));
    for place in [size - 128 - 1000, size * 3 / 4, size - 128 + 2, size - 100] {
        flip(&file, place);
        ended(&init(), 69, &["is damaged", "Get the file again"]);
        flip(&file, place);
    }
    fs::File::options().write(true).open(&file).unwrap().set_len(size - 1_000_000).unwrap();
    ended(&init(), 69, &["is damaged: its end is missing"]);
    assert!(!learner.path("work").exists());
    assert!(!learner.path("home/.cache/labrunner/courses/part").exists());
}

/// Turns one bit of a file over.
fn flip(file: &Path, place: u64) {
    let mut file = fs::File::options().read(true).write(true).open(file).unwrap();
    let mut byte = [0];
    file.seek(SeekFrom::Start(place)).unwrap();
    file.read_exact(&mut byte).unwrap();
    file.seek(SeekFrom::Start(place)).unwrap();
    file.write_all(&[byte[0] ^ 1]).unwrap();
}

#[test]
fn a_full_disk_is_told_and_gone_on_from() {
    let learner = Learner::with_workspace();
    fs::create_dir(learner.path("small")).unwrap();
    let own = if rustix::process::geteuid().is_root() { "--mount" } else { "-rm" };
    // The second time there is room.
    let script = r#"mount -t tmpfs -o size=3M tmpfs small && ! "$0" "$@" && mount -o remount,size=90M small && "$0" "$@""#;
    let wrapper = ["unshare", own, "sh", "-c", script];
    let command = Labrunner::at_through(&wrapper, handed_out(), ["init", "small"]);
    let done = learner.finish(command.within(&learner.path("")));
    ended(
        &done,
        0,
        &["small cannot be written: No space left", "The disk is full", "is your workspace"],
    );
}

#[test]
fn a_folder_of_somebody_else_is_told() {
    if !rustix::process::geteuid().is_root() {
        println!("not tried: not root, so that another user cannot be played");
        return;
    }
    let learner = Learner::new();
    let file = learner.path("labrunner");
    fs::copy(handed_out(), &file).unwrap();
    fs::create_dir_all(learner.path("locked")).unwrap();
    fs::set_permissions(learner.path("locked"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(learner.path("cache")).unwrap();
    fs::set_permissions(learner.path("cache"), fs::Permissions::from_mode(0o777)).unwrap();
    let nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
    let init = |cache: &str| {
        let command = Labrunner::at_through(&nobody, &file, ["init", "locked/work"]);
        let command = command.within(&learner.path("")).env("HOME", learner.path("home"));
        command.env("LABRUNNER_CACHE", learner.path(cache)).run()
    };
    ended(&init("cache"), 69, &["locked/work cannot be written: Permission denied", "of your own"]);
    ended(&init("locked"), 69, &["cannot be unpacked", "LABRUNNER_CACHE"]);
}
