//! `labrunner verify`: objects and sources of anybody, on two kernels.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use course_tests::{Finished, Labrunner, ended, root};
use roxmltree::Document;
use serde_json::Value;
use tempfile::TempDir;

const HEAD: &str = r#"#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";
"#;

const MAP: &str = r#"
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} runs SEC(".maps");
"#;

const PASS: &str = r#"
SEC("xdp")
int pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}
"#;

/// The map's value is used with and without a test for NULL.
const CHECKED: &str = r#"
SEC("xdp")
int count(struct xdp_md *ctx)
{
	__u32 key = 0;
	__u64 *seen = bpf_map_lookup_elem(&runs, &key);

	if (seen)
		*seen += 1;
	return XDP_PASS;
}
"#;

const UNCHECKED: &str = r#"
SEC("xdp")
int count(struct xdp_md *ctx)
{
	__u32 key = 0;
	__u64 *seen = bpf_map_lookup_elem(&runs, &key);

	*seen += 1;
	return XDP_PASS;
}
"#;

const CONFIGURED: &str = r#"
extern bool CONFIG_BPF_SYSCALL __kconfig;

SEC("xdp")
int configured(struct xdp_md *ctx)
{
	return CONFIG_BPF_SYSCALL ? XDP_PASS : XDP_DROP;
}
"#;

const KFUNC: &str = r#"
extern int bpf_no_such_kfunc(void) __ksym;

SEC("xdp")
int call(struct xdp_md *ctx)
{
	return bpf_no_such_kfunc();
}
"#;

const CORE: &str = r#"
struct task_struct___mine {
	int no_such_field;
} __attribute__((preserve_access_index));

SEC("kprobe/do_nanosleep")
int read(void *ctx)
{
	struct task_struct___mine *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, no_such_field);
}
"#;

/// A folder far from the course, with sources and objects.
struct Project(TempDir);

impl Project {
    fn new() -> Self {
        Self(tempfile::Builder::new().prefix("my project ").tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn source(&self, name: &str, parts: &[&str]) -> PathBuf {
        fs::write(self.path(name), HEAD.to_owned() + &parts.concat()).unwrap();
        self.path(name)
    }

    /// An object by this project's own clang options.
    fn object(&self, name: &str, parts: &[&str], options: &[&str]) -> PathBuf {
        // The headers are laid out by the first run.
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| _ = Labrunner::new(["ch2", "hello", "--show-commands"]).run());
        let source = self.source(&format!("{name}.c"), parts);
        let done = Command::new("clang")
            .args(["--target=bpf", "-O2", "-g", "-mcpu=v3", "-D__TARGET_ARCH_x86", "-c", "-o"])
            .arg(self.path(name))
            .arg(source)
            .arg("-I")
            .arg(root().join("labs-bpf/include"))
            .args(options)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        self.path(name)
    }
}

/// `labrunner verify` with these words, on two kernels.
fn verify(file: &Path, more: &[&str]) -> Labrunner {
    let file = file.to_str().unwrap();
    Labrunner::new(["verify", "--kernel", "6.1,6.12", file].iter().chain(more))
}

/// The line of a program's verdicts, with one space between its words.
fn verdicts(done: &Finished, program: &str) -> String {
    let start = format!("{program}  ");
    let line = done.stdout.lines().find(|line| line.starts_with(&start));
    let line = line.unwrap_or_else(|| panic!("{program} in {done}"));
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn each_program_of_a_source_on_each_kernel() {
    let project = Project::new();
    fs::write(project.path("own.h"), "#define VERDICT XDP_PASS\n").unwrap();
    let pass = PASS.replace("XDP_PASS", "VERDICT");
    let source = project.source("two.bpf.c", &["#include <own.h>\n", MAP, &pass, UNCHECKED]);
    let done = verify(&source, &[]).run();
    assert_eq!(done.code, 1, "{done}");
    assert_eq!(verdicts(&done, "pass"), "pass xdp loads loads");
    assert_eq!(verdicts(&done, "count"), "count xdp refused [1] refused [1]");
    for row in ["  instructions  2", "  stack         0", "  states ", "  time ", "\n[1] count on "]
    {
        assert!(done.stdout.contains(row), "{row:?} in {done}");
    }
    assert_eq!(done.stdout.matches("`seen` may be NULL here").count(), 1, "{done}");
    assert!(done.stdout.contains("*seen += 1;"), "{done}");
    assert!(done.stdout.contains("2 loaded, 2 refused · 2 programs on 2 kernels"), "{done}");
}

#[test]
fn an_object_that_loads_everywhere() {
    let project = Project::new();
    let object = project.object("good.bpf.o", &[MAP, CHECKED, CONFIGURED], &[]);
    let done = verify(&object, &[]).run();
    assert_eq!(done.code, 0, "{done}");
    assert_eq!(verdicts(&done, "count"), "count xdp loads loads");
    assert_eq!(verdicts(&done, "configured"), "configured xdp loads loads");
    assert!(done.stdout.contains("LOADS  4 loaded, 0 refused · 2 programs"), "{done}");
}

#[test]
fn what_is_no_object_for_these_kernels_is_refused_in_words() {
    let project = Project::new();
    let write = |name: &str, text: &str| {
        fs::write(project.path(name), text).unwrap();
        project.path(name)
    };
    let large = project.object("large.bpf.o", &[PASS], &[]);
    File::options().write(true).open(&large).unwrap().set_len(50 << 20).unwrap();
    let whole = fs::read(project.object("whole.bpf.o", &[PASS], &[])).unwrap();
    fs::write(project.path("cut.bpf.o"), &whole[..whole.len() / 2]).unwrap();
    for (file, message) in [
        (write("notes.txt", "libbpf: no\n"), "is no BPF object"),
        (project.object("big.bpf.o", &[PASS], &["--target=bpfeb"]), "is big-endian"),
        (project.object("nobtf.bpf.o", &[MAP, CHECKED], &["-g0"]), "BTF is required"),
        (project.object("empty.bpf.o", &[MAP], &[]), "has no BPF programs"),
        (large, "is too large"),
        (project.path("cut.bpf.o"), "is no object that libbpf can open"),
        (PathBuf::from("/bin/sh"), "not for BPF"),
        (write("broken.bpf.c", "int broken = ;\n"), "does not compile"),
        (project.path("missing.bpf.o"), "cannot be read"),
    ] {
        let done = verify(&file, &[]).run();
        ended(&done, 2, &[message, file.file_name().unwrap().to_str().unwrap()]);
        assert_eq!(done.stdout, "", "{done}");
    }
}

#[test]
fn what_the_kernel_does_not_have_is_named() {
    let project = Project::new();
    for (parts, parts_of_words) in [
        ([KFUNC], &["call", "extern (func ksym) 'bpf_no_such_kfunc': not found"][..]),
        ([CORE], &["read", "no `struct task_struct___mine.no_such_field`"]),
    ] {
        let done = verify(&project.object("lacks.bpf.o", &parts, &[]), &[]).run();
        ended(&done, 1, parts_of_words);
        assert!(verdicts(&done, parts_of_words[0]).ends_with("refused [1] refused [1]"), "{done}");
    }
}

#[test]
fn a_log_too_long_to_keep_leaves_the_message_and_a_deadline_leaves_no_verdict() {
    let project = Project::new();
    let long = PASS.replace(
        "return XDP_PASS;",
        "volatile int sum = 0;\n\
        #pragma clang loop unroll(disable)\n\
        for (int i = 0; i < 10000000; i++)\nsum += i;\nreturn sum;",
    );
    let object = project.object("long.bpf.o", &[&long], &[]);
    let run = |more: &[&str]| {
        let words = ["verify", "--kernel", "6.1", object.to_str().unwrap()];
        Labrunner::new(words.iter().chain(more)).run()
    };
    ended(&run(&[]), 1, &["BPF program is too large. Processed 1000001 insn", "  1000001"]);
    let late = run(&["--deadline", "0.5"]);
    ended(&late, 69, &["Program 1 of", "was still with the verifier after 0.5 s", "NOT TRIED"]);
}

#[test]
fn a_comparison_tells_what_changed() {
    let project = Project::new();
    let old = project.object("old.bpf.o", &[MAP, PASS, CHECKED], &[]);
    let new = project.object("new.bpf.o", &[MAP, UNCHECKED, CORE], &[]);
    let old = old.to_str().unwrap();

    let worse = verify(&new, &["--compare", old]).run();
    assert_eq!(worse.code, 1, "{worse}");
    assert_eq!(verdicts(&worse, "count"), "count xdp now refused [1] now refused [1]");
    assert_eq!(verdicts(&worse, "read"), "read kprobe new, refused [2] new, refused [2]");
    assert_eq!(verdicts(&worse, "pass"), "pass xdp gone gone");
    let told = format!(
        "Since {old}:\n  count is refused now and did load: 6.1, 6.12\n  read is new\n  pass is gone\n"
    );
    assert!(worse.stdout.contains(&told), "{worse}");

    let more = PASS.replace("XDP_PASS", "ctx->data_end > ctx->data");
    let grown = project.object("grown.bpf.o", &[MAP, &more, CHECKED], &[]);
    let grown = verify(&grown, &["--compare", old]).run();
    assert_eq!(grown.code, 0, "{grown}");
    assert!(grown.stdout.contains("All programs have the verdict"), "{grown}");
    let numbers = grown.stdout.lines().find(|line| line.starts_with("  instructions")).unwrap();
    assert_eq!(numbers.matches("(+").count(), 2, "{grown}");
}

#[test]
fn json_has_a_line_for_each_program_and_kernel() {
    let project = Project::new();
    let object = project.object("two.bpf.o", &[MAP, PASS, UNCHECKED], &[]);
    let done = verify(&object, &["--format", "json"]).run();
    assert_eq!(done.code, 1, "{done}");
    let lines: Vec<Value> =
        done.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<(&str, &str, &str)> = lines
        .iter()
        .map(|line| {
            let text = |key: &str| line[key].as_str().unwrap();
            (text("series"), text("program"), text("verdict"))
        })
        .collect();
    assert_eq!(
        told,
        [
            ("6.1", "pass", "loads"),
            ("6.1", "count", "refused"),
            ("6.12", "pass", "loads"),
            ("6.12", "count", "refused")
        ]
    );
    assert_eq!(lines[0]["insns"], 2);
    assert_eq!(lines[0]["stack_bytes"], 0);
    assert_eq!(lines[1]["errno"], 13);
    assert_eq!(lines[1]["verifier"]["register"], 0);
    assert!(lines[1]["log"].as_str().unwrap().contains("R0 invalid mem access"), "{done}");

    let nothing = verify(Path::new("/bin/sh"), &["--format", "json"]).run();
    assert_eq!(nothing.code, 2, "{nothing}");
    assert!(nothing.json()["message"].as_str().unwrap().contains("not for BPF"), "{nothing}");
}

#[test]
fn junit_has_a_suite_for_each_kernel() {
    let project = Project::new();
    let object = project.object("two.bpf.o", &[MAP, PASS, UNCHECKED], &[]);
    let done = verify(&object, &["--format", "junit"]).run();
    assert_eq!(done.code, 1, "{done}");
    let document = Document::parse(&done.stdout).unwrap_or_else(|e| panic!("{e}: {done}"));
    let suites: Vec<_> = document
        .descendants()
        .filter(|node| node.has_tag_name("testsuite"))
        .map(|suite| {
            (suite.attribute("name"), suite.attribute("tests"), suite.attribute("failures"))
        })
        .collect();
    let suite = |name| (Some(name), Some("2"), Some("1"));
    assert_eq!(suites, [suite("6.1"), suite("6.12")]);
}

#[test]
fn it_needs_the_course_and_says_so() {
    let project = Project::new();
    let object = project.object("good.bpf.o", &[PASS], &[]);
    // Who has never worked in a course has none that could be meant.
    let state = tempfile::tempdir().unwrap();
    let done =
        verify(&object, &[]).within(project.0.path()).env("XDG_STATE_HOME", state.path()).run();
    ended(&done, 2, &["is not inside the course", "Change to the folder that you cloned"]);
}
