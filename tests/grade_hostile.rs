//! `labrunner grade` and submissions that mean harm: contained, reported, and the others are graded.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use course_tests::{Class, HostState, built, hello_map, misbehave, wait_until_gone};

const HELLO_MAP: &str = "labs-bpf/ch2/hello-map/hello-map.bpf.c";
const GID: [&str; 2] = ["--exercise", "ch2/hello-map:gid"];

/// A text that must come nowhere.
const SECRET: &str = "the_secret_of_another_learner";

/// All files of results, as one text.
fn all_results(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &all_results(&path);
        } else {
            text += &String::from_utf8_lossy(&fs::read(path).unwrap());
        }
    }
    text
}

#[test]
fn sources_reach_no_file_of_this_machine_and_none_of_another() {
    let class = Class::new();
    let right = hello_map(Some("exercises/gid.patch"));
    class.put("alice", HELLO_MAP, format!("// {SECRET}\n{right}"));
    let victim = class.submissions().join("alice").join(HELLO_MAP);
    let victim = victim.display();
    let bomb: String =
        (0..30).map(|n| format!("#define x{} x{n} x{n} x{n} x{n}\n", n + 1)).collect();
    let learners = [
        ("absolute", format!("#include \"{victim}\"\n"), "fail at compile"),
        (
            "relative",
            "#include \"../../../../alice/labs-bpf/ch2/hello-map/hello-map.bpf.c\"\n".into(),
            "fail at compile",
        ),
        ("macro", format!("#define F \"{victim}\"\n#include F\n"), "fail at compile"),
        ("passwd", "#include \"/etc/passwd\"\n".into(), "fail at compile"),
        (
            "asks",
            format!("#if __has_include(\"{victim}\")\n#error {SECRET}\n#endif\n{right}"),
            "pass",
        ),
        ("line", format!("#line 1 \"{victim}\"\n{right}"), "pass"),
        ("incbin", format!("asm(\".incbin \\\"{victim}\\\"\");\n{right}"), "refused at compile"),
        (
            "hidden",
            format!("#define A as##m\n__asm__(\".inc\" \"bin \\\"{victim}\\\"\");\n{right}"),
            "refused at compile",
        ),
        (
            "include",
            format!("asm(\"\\n.include \\\"{victim}\\\"\");\n{right}"),
            "refused at compile",
        ),
        // Known to clang since 19; to others it is no directive.
        (
            "embed",
            format!("const char s[] = {{\n#embed \"{victim}\"\n}};\n{right}"),
            "fail at compile",
        ),
        ("bomb", format!("#define x0 int a;\n{bomb}x30\n"), "refused at compile"),
        ("large", format!("char big[1 << 30] = {{1}};\n{right}"), "refused at compile"),
        ("crash", "#pragma clang __debug crash\n".into(), "refused at compile"),
        ("repeat", "asm(\".rept 100000000\\n.8byte 1\\n.endr\");\n".into(), "refused at compile"),
    ];
    for (learner, source, _) in &learners {
        class.put(learner, HELLO_MAP, source);
    }
    let done = class.grade(&GID);
    assert_eq!(done.code, 0, "{done}");
    assert_eq!(class.verdict("alice").0, "pass", "{done}");
    for (learner, _, expected) in &learners {
        assert_eq!(class.verdict(learner).0, *expected, "{learner}: {done}");
    }
    // What a learner tries may be told; what is in the file may not.
    let told = all_results(&class.path("grades"));
    assert!(!told.contains("root:x:0"), "the passwords' file came through");
    let of_others = told.matches(SECRET).count();
    assert_eq!(of_others, 0, "{of_others} times");
    assert!(class.verdict("passwd").1.contains("'/etc/passwd' file not found"));
    assert!(class.verdict("incbin").1.contains("its inline assembly has `.incbin`"));
}

#[test]
fn files_that_are_none_are_not_opened() {
    let class = Class::new();
    class.put("alice", HELLO_MAP, hello_map(Some("exercises/gid.patch")));
    symlink("/etc/passwd", class.of("link", HELLO_MAP)).unwrap();
    symlink(class.submissions().join("alice").join(HELLO_MAP), class.of("copy", HELLO_MAP))
        .unwrap();
    fs::create_dir_all(class.submissions().join("folder-link")).unwrap();
    symlink(
        class.submissions().join("alice/labs-bpf"),
        class.submissions().join("folder-link/labs-bpf"),
    )
    .unwrap();
    symlink("/", class.submissions().join("whole-disk")).unwrap();
    symlink("/dev/zero", class.of("endless", HELLO_MAP)).unwrap();
    let pipe = class.of("pipe", HELLO_MAP);
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let huge = fs::File::create(class.of("huge", HELLO_MAP)).unwrap();
    huge.set_len(1 << 40).unwrap();
    fs::create_dir_all(class.of("folder", HELLO_MAP)).unwrap();
    class.put("binary", HELLO_MAP, b"\xff\xfe\0\0");
    let done = class.grade(&GID);
    assert_eq!(done.code, 0, "{done}");
    assert!(done.took < Duration::from_secs(60), "{:?}", done.took);
    assert_eq!(class.verdict("alice").0, "pass", "{done}");
    for (learner, message) in [
        ("link", "is a symbolic link, or in one, which may lead anywhere"),
        ("copy", "is a symbolic link, or in one, which may lead anywhere"),
        ("folder-link", "is a symbolic link, or in one, which may lead anywhere"),
        ("whole-disk", "the submission is a symbolic link"),
        ("endless", "is a symbolic link"),
        ("pipe", "is a named pipe and no file"),
        ("huge", "has more than 1048576 bytes"),
        ("folder", "is a folder and no file"),
        ("binary", "is not UTF-8 text"),
    ] {
        let (verdict, said) = class.verdict(learner);
        assert_eq!(verdict, "refused at submission", "{learner}: {done}");
        assert!(said.contains(message), "{learner}: {said}");
    }
}

#[test]
fn names_that_spreadsheets_and_terminals_could_take_for_commands() {
    let class = Class::new();
    let names =
        ["=cmd()|'x'!A0", "a,b", "quo\"te", "new\nline", "\x1b[2Jclear", "-rf", "ü", "@SUM(A1)"];
    for name in names {
        class.put(name, HELLO_MAP, "int x = ;\n");
    }
    let done = class.grade(&GID);
    assert_eq!(done.code, 0, "{done}");
    assert!(!done.stdout.contains('\x1b') && !done.stderr.contains('\x1b'), "{done}");
    let csv = class.result("results.csv");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let found: Vec<String> = reader.records().map(|row| row.unwrap()[0].to_string()).collect();
    let mut expected: Vec<String> = names.map(str::to_string).into();
    expected.sort();
    let safe = |name: String| match name.starts_with(['=', '-', '@']) {
        true => format!("'{name}"),
        false => name,
    };
    let expected: Vec<String> = expected.into_iter().map(safe).collect();
    assert_eq!(found, expected);
    roxmltree::Document::parse(&class.result("junit.xml")).unwrap();
    let reports = fs::read_dir(class.path("grades/reports")).unwrap();
    for report in reports {
        let name = report.unwrap().file_name().into_string().unwrap();
        assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)), "{name}");
    }
}

#[test]
fn programs_that_mean_harm_stay_in_their_machines() {
    let class = Class::new();
    let bad = fs::read(misbehave()).unwrap();
    let ways = [
        ("fork-bomb", "timeout"),
        ("fill-disk", "fail"),
        ("flood", "fail"),
        ("many-lines", "fail"),
        ("write-outside", "fail"),
        ("hang-observe", "timeout"),
        ("crash", "fail"),
        ("binary", "fail"),
        ("panic", "fail"),
        ("switch-off", "fail"),
    ];
    for (way, _) in ways {
        let program = [&bad[..], format!("\nMISBEHAVE={way}\n").as_bytes()].concat();
        class.put(way, "bin/ch2-hello-map", program);
    }
    // Learners before and after them do as always.
    let first = class.grade(&["--lab", "ch2/hello-map"]);
    assert_eq!(first.code, 0, "{first}");
    let program = fs::read(built("ch2-hello-map")).unwrap();
    for learner in ["alice", "zoe"] {
        class.put(learner, "bin/ch2-hello-map", &program);
    }
    let before = HostState::now();
    let mark = format!("grade-{}", std::process::id());
    let words = ["--program", "--lab", "ch2/hello-map", "--deadline", "4", "--overwrite"];
    let done = class.command(&words).env("LABRUNNER_TEST_MARK", &mark).run();
    assert_eq!(done.code, 0, "{done}");
    wait_until_gone(&format!("LABRUNNER_TEST_MARK={mark}"));
    for (way, expected) in ways {
        let (verdict, message) = class.verdict(way);
        println!("{way}: {verdict}: {message}");
        assert!(verdict.starts_with(expected), "{way}: {verdict}: {message}: {done}");
        assert!(!message.is_empty(), "{way}");
    }
    for learner in ["alice", "zoe"] {
        assert_eq!(class.verdict(learner).0, "pass", "{done}");
    }
    assert!(class.verdict("flood").1.contains("printed more than 8 MB"), "{done}");
    assert!(class.verdict("panic").1.contains("it brings its machine down"), "{done}");
    assert!(!Path::new("/tmp/grade-outside").exists());
    let report = class.result("reports/write-outside.md");
    assert!(report.contains("ch2-hello-map") && !report.contains("alice"), "{report}");
    assert!(before.grown().is_empty(), "{:?}", before.grown());
}
