//! Every lab of the course on a real kernel: what it prints, and how each known mistake fails.
//!
//! The snapshots are what `labrunner` itself compares with: review a change of one as you would a
//! change of the course. `INSTA_UPDATE=always
//! INSTA_FORCE_PASS=1 cargo test -p course-tests --test labs` records them; what is recorded for the first
//! time passes from the second run on.

use course_tests::{Finished, Labrunner};
use insta::{assert_snapshot, with_settings};
use serde_json::Value;

/// What clang calls its version, such as `14`: another one may use other registers, and then a log
/// has other lines.
fn clang() -> String {
    let output = std::process::Command::new("clang").arg("-dumpversion").output();
    let text = String::from_utf8(output.expect("clang starts").stdout).unwrap();
    text.split('.').next().unwrap_or_default().trim().to_string()
}

/// The clang that the logs were recorded with.
const RECORDED_WITH: &str = "14";

fn labs() -> Vec<Value> {
    let list = Labrunner::new(["list", "--format", "json"]).run();
    assert_eq!(list.code, 0, "{list}");
    list.json().as_array().expect("a list").clone()
}

fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field].as_str().unwrap_or_else(|| panic!("no {field} in {object}"))
}

fn snapshot(name: &str, contents: &str) {
    with_settings!({
        snapshot_path => "snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        assert_snapshot!(name, contents);
    });
}

/// Fails with all that went wrong, so that one run shows it all.
fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_lab_prints_what_is_expected() {
    let mut wrong = Vec::new();
    for lab in labs() {
        let (chapter, name) = (text(&lab, "chapter"), text(&lab, "lab"));
        let done = Labrunner::new([chapter, name, "--format", "json"]).run();
        let result = done.json();
        if let Some(output) = result["output"].as_str() {
            snapshot(&format!("{chapter}-{name}"), output);
        }
        if (text(&result, "verdict"), done.code) != ("pass", 0) {
            wrong.push(format!("{chapter} {name}: {done}"));
        }
    }
    assert_none(&wrong);
}

#[test]
fn every_break_fails_for_its_declared_reason() {
    let same_clang = clang() == RECORDED_WITH;
    if !same_clang {
        println!("the words of the logs are not compared: recorded with clang {RECORDED_WITH}");
    }
    let mut wrong = Vec::new();
    for lab in labs() {
        let (chapter, name) = (text(&lab, "chapter"), text(&lab, "lab"));
        for known in lab["breaks"].as_array().expect("a list") {
            let known = known.as_str().expect("a name");
            let arguments = [chapter, name, "--break", known, "--format", "json"];
            let done = Labrunner::new(arguments).run();
            if let Some(shown) = shown(&done).filter(|_| same_clang) {
                snapshot(&format!("{chapter}-{name}@{known}"), &shown);
            }
            if (text(&done.json(), "verdict"), done.code) != ("pass", 0) {
                wrong.push(format!("{chapter} {name} {known}: {done}"));
            }
        }
    }
    assert_none(&wrong);
}

/// What a break shows: the verifier's log, or what was printed, or said at another stage.
fn shown(done: &Finished) -> Option<String> {
    let result = done.json();
    if let Some(log) = result["verifier"]["log"].as_str() {
        return Some(normalised(log));
    }
    let shown = result["output"].as_str().or(result["error"].as_str());
    shown.map(|text| format!("{}\n", text.trim_end()))
}

/// Replaces what differs between two boots of one kernel: addresses of maps, and the time taken.
fn normalised(log: &str) -> String {
    let mut lines = Vec::new();
    for line in log.lines() {
        let words: Vec<String> = line
            .split(' ')
            .map(|word| {
                let digits = word.strip_prefix("0xffff").unwrap_or_default();
                let address = digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_hexdigit());
                if address { "ADDRESS".into() } else { word.to_string() }
            })
            .collect();
        let line = words.join(" ");
        if line.starts_with("verification time ") {
            lines.push("verification time N usec".to_string());
        } else {
            lines.push(line);
        }
    }
    lines.join("\n") + "\n"
}

#[test]
fn ten_runs_give_ten_equal_outputs() {
    for lab in [["ch2", "hello"], ["ch2", "hello-ringbuf"]] {
        let run = || {
            let done = Labrunner::new([lab[0], lab[1], "--format", "json"]).run();
            text(&done.json(), "output").to_string()
        };
        let first = run();
        for _ in 1..10 {
            assert_eq!(run(), first);
        }
    }
}

/// On the host each lab passes, or is skipped because a trial found that the kernel lacks something.
/// A skip is no pass: the same labs run above in a machine that has it.
#[test]
fn on_the_host_labs_pass_or_say_what_is_lacking() {
    if !rustix::process::geteuid().is_root() {
        println!("not tried: not root");
        return;
    }
    for lab in labs() {
        let (chapter, name) = (text(&lab, "chapter"), text(&lab, "lab"));
        let done = Labrunner::new([chapter, name, "--on", "host", "--format", "json"]).run();
        let result = done.json();
        match text(&result, "verdict") {
            "pass" => assert_eq!(done.code, 0, "{done}"),
            "skipped" => {
                let reason = text(&result, "skipped_reason");
                println!("{chapter} {name}: skipped: {reason}");
                assert!(reason.contains(": "), "{reason}");
                assert_eq!(done.code, 69, "{done}");
            }
            other => panic!("{chapter} {name}: {other}: {done}"),
        }
    }
}
