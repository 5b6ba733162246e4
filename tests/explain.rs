//! `labrunner explain`: from the log of any tool to words, JSON, and a page.

use std::fs;
use std::path::Path;
use std::process::Command;

use course_tests::{Labrunner, ended, root};
use serde_json::Value;

const LOGS: &str = "runner/verifier-log/tests/logs";

#[test]
fn a_log_in_a_file_and_on_standard_input() {
    let file = format!("{LOGS}/6.12/null-check.log");
    let parts = [
        "error[Register Type Safety]: `seen` may be NULL here",
        "--> null-check.c:11",
        "= kernel: R0 invalid mem access 'map_value_or_null'",
        "6: r0 is what bpf_map_lookup_elem returns",
        "help: test it for NULL before line 11",
    ];
    ended(&Labrunner::new(["explain", &file]).run(), 0, &parts);
    let log = fs::read_to_string(root().join(&file)).unwrap();
    ended(&Labrunner::new(["explain"]).given(&log).run(), 0, &parts);
    let indented: String = log.lines().map(|line| format!("\t{line}\r\n")).collect();
    ended(&Labrunner::new(["explain", "-"]).given(&indented).run(), 0, &parts);
}

#[test]
fn an_object_gives_lines_and_columns() {
    let done = Labrunner::new([
        "explain",
        &format!("{LOGS}/5.10/static-function.log"),
        "--object",
        "runner/verifier-log/tests/objects/static-function.o",
    ])
    .run();
    ended(&done, 0, &["static-function.c:7:8", "17 | bump(seen);", "15 | __u64 *seen ="]);
}

#[test]
fn several_failures_are_several_objects() {
    let file = "runner/verifier-log/tests/stderr/6.18.txt";
    let done = Labrunner::new(["explain", file, "--format", "json"]).run();
    assert_eq!(done.code, 0, "{done}");
    let objects: Vec<Value> =
        done.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let programs: Vec<_> = objects.iter().map(|object| object["program"].as_str()).collect();
    assert_eq!(programs, [Some("broken"), Some("dead_code"), Some("start")]);
    for key in [
        "category",
        "message",
        "insn",
        "file",
        "line",
        "column",
        "register",
        "numbers",
        "chain",
        "suggestion",
        "confident",
        "kernel_report",
    ] {
        assert!(objects[0].get(key).is_some(), "{key} in {}", objects[0]);
    }
    assert_eq!(objects[0]["chain"][0]["insn"], 6);
    assert_eq!(objects[2]["numbers"]["stack"], 304);
}

#[test]
fn what_is_no_log_is_told_so() {
    for input in ["", "hello\n", "\0\u{1}\u{ff}", "Cannot open file\n"] {
        let done = Labrunner::new(["explain"]).given(input).run();
        ended(&done, 2, &["There is no verifier log in the input."]);
    }
    ended(&Labrunner::new(["explain", "/nowhere"]).run(), 2, &["`/nowhere` cannot be read"]);
    let done = Labrunner::new(["explain", "--object", "README.md"]).given("x").run();
    ended(&done, 2, &["this is not a readable 64-bit ELF object"]);
    let accepted = format!("{LOGS}/6.12/accepted.level1.log");
    ended(&Labrunner::new(["explain", &accepted]).run(), 0, &["refuses nothing"]);
}

#[test]
fn all_known_messages_are_listed() {
    let done = Labrunner::new(["explain", "--list"]).run();
    ended(&done, 0, &["R{#r} !read_ok", "Register Type Safety", "Verifier Limit", "messages,"]);
}

/// Runs a script in a page, and gives what it puts into `document.body.dataset.result`; `None` without a
/// browser.
fn in_browser(page: &Path, script: &str) -> Option<Value> {
    let text = fs::read_to_string(page).unwrap();
    let tried = page.with_extension("tried.html");
    fs::write(&tried, text.replace("</body>", &format!("<script>{script}</script></body>")))
        .unwrap();
    let profile = tempfile::tempdir().unwrap();
    let browser = ["chromium", "chromium-browser", "google-chrome"].iter().find_map(|name| {
        let output = Command::new(name)
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,900"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(["--virtual-time-budget=20000", "--timeout=60000", "--dump-dom"])
            .arg(format!("file://{}", tried.display()))
            .output();
        output.ok()
    });
    let Some(output) = browser else {
        assert!(std::env::var_os("CI").is_none(), "CI needs a Chromium");
        println!("not tried: there is no Chromium on the PATH");
        return None;
    };
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, rest) = dom.split_once("data-result=\"").unwrap_or_else(|| {
        panic!("the page's script did not end: {}", String::from_utf8_lossy(&output.stderr))
    });
    let json = rest.split_once('"').unwrap().0.replace("&quot;", "\"").replace("&amp;", "&");
    Some(serde_json::from_str(&json).expect("JSON"))
}

fn page(log: &Path, folder: &Path) -> std::path::PathBuf {
    let page = folder.join("page.html");
    let done =
        Labrunner::new(["explain", log.to_str().unwrap(), "--html", page.to_str().unwrap()]).run();
    assert_eq!(done.code, 0, "{done}");
    page
}

#[test]
fn the_page_steps_through_a_log() {
    let folder = tempfile::tempdir().unwrap();
    let log = root().join(LOGS).join("6.12/map-bounds.log");
    let page = page(&log, folder.path());
    let script = r##"
        const press = key => dispatchEvent(new KeyboardEvent("keydown", { key }));
        const shown = () => document.querySelector("#trace .row.now .number").textContent;
        const register = name => [...document.querySelectorAll("#state tr")]
            .find(row => row.cells[0].textContent === name)?.cells[1].textContent;
        const result = { title: document.querySelector("h1").textContent, first: shown(), r7: register("R7") };
        result.dots = document.querySelectorAll("#trace circle").length;
        result.links = document.querySelectorAll("#chain li").length;
        press("p"); result.before = shown(); result.note = document.querySelector("#note").textContent;
        press("Home"); result.home = document.querySelector("#position").textContent;
        press("e"); result.error = shown();
        document.querySelectorAll("#chain li")[0].click(); result.origin = shown();
        result.r0 = register("R0");
        result.source = document.querySelector("#source .row.now .text").textContent;
        document.body.dataset.result = JSON.stringify(result);
    "##;
    let Some(result) = in_browser(&page, script) else { return };
    let text = |key: &str| result[key].as_str().unwrap_or_default().to_owned();
    assert!(text("title").starts_with("access beside the end of the map's value"), "{result}");
    assert_eq!(
        (text("first"), text("before"), text("error")),
        ("13".into(), "12".into(), "13".into())
    );
    assert!(text("r7").starts_with("map_value(map=table,ks=4,vs=16,"), "{result}");
    assert_eq!(text("note"), "r1 (a number from 0 to 16) is added to r7");
    assert!(text("home").starts_with("1 of "), "{result}");
    assert_eq!(
        (text("origin"), text("r0")),
        ("6".into(), "map_value_or_null(id=1,map=table,ks=4,vs=16)".into())
    );
    assert!(text("source").starts_with("struct slots *slots ="), "{result}");
    assert_eq!((result["dots"].as_u64(), result["links"].as_u64()), (Some(8), Some(7)), "{result}");
}

/// Rows exist only while they are in view, so a step costs the same in a long log.
#[test]
fn three_hundred_thousand_lines_are_smooth() {
    let folder = tempfile::tempdir().unwrap();
    let recorded =
        |name: &str| fs::read_to_string(root().join(LOGS).join("6.12").join(name)).unwrap();
    let walk = recorded("steps.level2.log");
    let walk = &walk[..walk.find("processed ").unwrap()];
    let mut text = walk.repeat(300_000 / walk.lines().count() + 1);
    text += &recorded("map-bounds.log");
    let log = folder.path().join("long.log");
    fs::write(&log, text).unwrap();
    let page = page(&log, folder.path());
    let script = r##"
        const press = key => dispatchEvent(new KeyboardEvent("keydown", { key }));
        const result = { rows: data.kinds.length };
        const begin = performance.now();
        for (let i = 0; i < 100; i++) press("ArrowUp");
        press("Home");
        for (let i = 0; i < 100; i++) press("PageDown");
        result.step = (performance.now() - begin) / 201;
        const body = document.querySelector("#trace");
        body.scrollTop = body.scrollHeight / 2;
        trace.render();
        result.middle = trace.first / data.kinds.length;
        body.scrollTop = body.scrollHeight;
        trace.render();
        result.last = Number(document.querySelector("#trace .row:last-of-type").dataset.row);
        result.elements = document.querySelectorAll("#trace .row").length;
        document.body.dataset.result = JSON.stringify(result);
    "##;
    let Some(result) = in_browser(&page, script) else { return };
    let number = |key: &str| result[key].as_f64().unwrap_or(f64::NAN);
    assert!(number("rows") > 150_000.0, "{result}");
    assert_eq!(number("last"), number("rows") - 1.0, "{result}");
    assert!((0.49..0.51).contains(&number("middle")), "{result}");
    assert!(number("elements") < 100.0, "{result}");
    // A frame has 16 ms; the bound leaves room for a machine that is busy with other tests.
    assert!(number("step") < 100.0, "{result}");
    println!("one step takes {:.1} ms", number("step"));
}
