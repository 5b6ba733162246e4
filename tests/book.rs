//! `labrunner book` and `labrunner LAB --page`: the workbook as it is built, served and found.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use course_tests::{CourseCopy, Http, Labrunner, ended};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

const PAGE: &str = "ch2/hello-map.html";

/// A `labrunner book` in a copy of the course, for a learner who has done nothing yet.
struct Served {
    copy: CourseCopy,
    home: TempDir,
    server: Child,
    http: Http,
    address: String,
}

impl Served {
    fn new() -> Self {
        Self::of(CourseCopy::with_book())
    }

    fn of(copy: CourseCopy) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut server = Labrunner::new(["book", "--port", "0"])
            .within(copy.path())
            .env("XDG_STATE_HOME", home.path())
            .start_talking();
        let mut address = String::new();
        BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut address).unwrap();
        let address = address.trim().to_string();
        if address.is_empty() {
            let mut said = String::new();
            let _ = server.stderr.take().unwrap().read_to_string(&mut said);
            panic!("{said}");
        }
        Self { copy, home, server, http: Http::at(&address), address }
    }

    fn labrunner(&self, words: &[&str]) -> Labrunner {
        Labrunner::new(words).within(self.copy.path()).env("XDG_STATE_HOME", self.home.path())
    }

    fn until_state(&self, good: impl Fn(&Value) -> bool) -> Value {
        let text = self
            .http
            .until("/labrunner/state.json", |body| good(&serde_json::from_str(body).unwrap()));
        serde_json::from_str(&text).unwrap()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.server), signal).unwrap();
    }

    /// Waits until nobody listens any more.
    fn is_gone(&mut self) {
        self.server.wait().unwrap();
        let deadline = Instant::now() + Duration::from_secs(5);
        while self.http.is_there() {
            assert!(Instant::now() < deadline, "still listening at {}", self.address);
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn touch(path: &Path) {
    File::options().append(true).open(path).unwrap().set_modified(SystemTime::now()).unwrap();
}

#[test]
fn pages_come_with_one_script_and_files_without() {
    let served = Served::new();
    for page in ["/", "/index.html", "/ch2/hello-map.html", "/ko/ch2/hello-map.html"] {
        let answer = served.http.get(page);
        assert_eq!(answer.status, 200, "{page}");
        let script = "<script src=\"/labrunner/served.js\"></script>\n</body>";
        assert_eq!(answer.body.matches(script).count(), 1, "{page}: {}", answer.headers);
        assert!(answer.headers.contains("no-store"), "{}", answer.headers);
    }
    assert!(served.http.get("/ko/").body.contains("<html lang=\"ko\""));
    let script = served.http.get("/labrunner/served.js");
    assert!(script.headers.contains("text/javascript") && script.body.contains("EventSource"));
    let missing = served.http.get("/ch2/no-such-page.html");
    assert_eq!(missing.status, 404);
    assert!(missing.body.contains("Document not found") && missing.body.contains("served.js"));
    assert_eq!(served.http.ask("HEAD", "/", served.http.host()).body, "");
}

#[test]
fn only_this_machine_and_only_its_names_are_answered() {
    let served = Served::new();
    let (_, port) = served.http.host().split_once(':').unwrap();
    let listening = format!("0100007F:{:04X} 00000000:0000 0A", port.parse::<u16>().unwrap());
    assert!(fs::read_to_string("/proc/net/tcp").unwrap().contains(&listening));
    let everywhere = listening.replace("0100007F", "00000000");
    assert!(!fs::read_to_string("/proc/net/tcp").unwrap().contains(&everywhere));

    let status = |method, path, host: &str| served.http.ask(method, path, host).status;
    assert_eq!(status("GET", "/", &format!("localhost:{port}")), 200);
    for host in ["example.org", &format!("example.org:{port}"), "127.0.0.1.example.org", ""] {
        assert_eq!(status("GET", "/", host), 403, "{host}");
        assert_eq!(status("GET", "/labrunner/state.json", host), 403, "{host}");
    }
    assert_eq!(status("POST", "/", served.http.host()), 405);
    fs::write(served.copy.path().join("target/secret.html"), "secret").unwrap();
    for path in [
        "/../secret.html",
        "/%2e%2e/secret.html",
        "/..%2fsecret.html",
        "/ch2/../../secret.html",
        "//etc/passwd",
    ] {
        let answer = served.http.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.body.contains("secret") && !answer.body.contains("root:"), "{path}");
    }
}

#[test]
fn a_page_that_changes_is_built_again_and_reloaded() {
    let served = Served::new();
    let mut events = served.http.events("/labrunner/events");
    let generation = |state: Option<Value>| state.unwrap()["generation"].as_u64().unwrap();
    let first = generation(events.next());
    let page = served.copy.path().join("book/src/ch2/hello-map.md");
    touch(&page);
    let mut later = first;
    while later == first {
        later = generation(events.next());
    }
    assert_eq!(later, first + 1);

    let text = fs::read_to_string(&page).unwrap();
    fs::write(&page, text + "\nA new last line.\n").unwrap();
    served.http.until(&format!("/{PAGE}"), |body| body.contains("A new last line."));
    // A program that a page shows is a part of the book, too.
    let program = "labs-bpf/ch2/hello-map/hello-map.bpf.c";
    let text = fs::read_to_string(served.copy.path().join(program)).unwrap();
    fs::write(served.copy.path().join(program), text + "/* mine */\n").unwrap();
    served.http.until(&format!("/{PAGE}"), |body| body.contains("/* mine */"));
}

#[test]
fn a_page_shows_what_the_learner_has_done() {
    let served = Served::new();
    let line =
        |state: &Value, page: &str| state["notes"][page]["line"].as_str().map(str::to_string);
    // The first notes come with the server, or just after it.
    let state = served.until_state(|state| line(state, PAGE).is_some());
    assert_eq!(line(&state, PAGE).unwrap(), "Not run yet. 0 of 2 exercises solved.");
    assert!(line(&state, "index.html").unwrap().starts_with("0 of "));

    ended(&served.labrunner(&["ch2", "hello-map"]).run(), 0, &["PASS"]);
    let state = served.until_state(|state| state["notes"][PAGE]["mark"] == "✓");
    assert_eq!(line(&state, PAGE).unwrap(), "Passed. 0 of 2 exercises solved.");
    assert!(line(&state, "index.html").unwrap().starts_with("1 of "));

    let program = "labs-bpf/ch2/hello-map/hello-map.bpf.c";
    served.copy.replace(
        program,
        "__sync_fetch_and_add(count, 1)",
        "__sync_fetch_and_add(count, 2)",
    );
    ended(&served.labrunner(&["ch2", "hello-map"]).run(), 1, &[]);
    let failed = "Passed before; the last run failed. 0 of 2 exercises solved.";
    served.until_state(|state| line(state, PAGE).as_deref() == Some(failed));
}

#[test]
fn a_mistake_in_the_book_is_said_and_the_last_good_one_stays() {
    let served = Served::new();
    let summary = served.copy.path().join("book/src/SUMMARY.md");
    let good = fs::read_to_string(&summary).unwrap();
    fs::write(&summary, format!("{good}\n[gone](no-such-page.md)\n")).unwrap();
    let state = served.until_state(|state| state["problem"].is_string());
    assert!(state["problem"].as_str().unwrap().contains("no-such-page.md"), "{state}");
    assert_eq!(served.http.get(&format!("/{PAGE}")).status, 200);
    fs::write(&summary, good).unwrap();
    served
        .until_state(|state| state["generation"].as_u64() > Some(0) && state["problem"].is_null());

    // A page that includes what is not there is built all the same.
    let page = served.copy.path().join("book/src/ch2/hello-map.md");
    let text = fs::read_to_string(&page).unwrap();
    fs::write(&page, text + "\n{{#include no-such-file.txt}}\n").unwrap();
    let state = served.until_state(|state| state["problem"].is_string());
    assert!(state["problem"].as_str().unwrap().contains("no-such-file.txt"), "{state}");
    assert_eq!(served.http.get(&format!("/{PAGE}")).status, 200);
}

#[test]
fn a_port_that_is_taken_is_said_and_without_one_the_next_is_used() {
    let copy = CourseCopy::with_book();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let done = Labrunner::new(["book", "--port", &port]).within(copy.path()).run();
    ended(&done, 69, &[&format!("cannot serve on port {port}"), "--port 0"]);
    assert!(!done.stdout.contains("http"), "{done}");

    let start = || Labrunner::new(["book"]).within(copy.path()).start_talking();
    let mut servers = [start(), start()];
    let mut addresses: Vec<String> = Vec::new();
    for server in &mut servers {
        let mut address = String::new();
        BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut address).unwrap();
        addresses.push(address);
    }
    assert_ne!(addresses[0], addresses[1]);
    assert!(
        addresses.iter().all(|address| address.starts_with("http://127.0.0.1:30")),
        "{addresses:?}"
    );
    for mut server in servers {
        server.kill().unwrap();
        server.wait().unwrap();
    }
}

#[test]
fn a_labs_page_is_found_at_the_server_or_as_a_file() {
    let copy = CourseCopy::with_book();
    let home = tempfile::tempdir().unwrap();
    let page = |words: &[&str]| {
        let done =
            Labrunner::new(words).within(copy.path()).env("XDG_STATE_HOME", home.path()).run();
        assert_eq!(done.code, 0, "{done}");
        done.stdout.trim_end().to_string()
    };
    // The copy's path has a space and a quote in it.
    let address = page(&["ch2", "hello-map", "--page"]);
    assert!(
        address.starts_with("file:///") && address.ends_with("/target/book/ch2/hello-map.html"),
        "{address}"
    );
    assert!(!address.contains([' ', '\'']), "{address}");
    let built = copy.path().join("target/book").join(PAGE);
    let when = || fs::metadata(&built).unwrap().modified().unwrap();
    let first = when();
    assert!(page(&["hello-map", "--page"]).ends_with(PAGE));
    assert_eq!(when(), first, "it was built again for nothing");
    touch(&copy.path().join("book/src/ch2/hello-map.md"));
    page(&["ch2/hello-map", "--page"]);
    assert!(when() > first, "it is stale");
    assert!(page(&["ch2", "--page"]).ends_with("/ch2/index.html"));
    assert!(page(&["--page"]).ends_with("/ch1/first-light.html"));
    assert!(page(&["catalogue/null-check", "--page"]).ends_with("/ch6/catalogue/null-check.html"));

    let mut served = Served::of(copy);
    let at_server =
        |served: &Served| served.labrunner(&["ch2", "hello-map", "--page"]).run().stdout;
    assert_eq!(at_server(&served), format!("{}{PAGE}\n", served.address));
    // When it has been killed, nothing tells of it any more.
    served.signal(Signal::KILL);
    served.is_gone();
    assert!(at_server(&served).starts_with("file:///"));
}

#[test]
fn a_page_that_cannot_be_is_wrong_usage() {
    for (words, said) in [
        (&["ch2", "helo-map", "--page"][..], "Did you mean `hello-map`?"),
        (&["ch2", "hello-map", "more", "--page"], "`more` is one word too many"),
        (&["ch2", "hello-map", "--page", "--break", "x"], "cannot be used with"),
    ] {
        ended(&Labrunner::new(words).run(), 2, &[said]);
    }
}

#[test]
fn interrupted_it_says_a_last_word_and_nothing_stays() {
    for (signal, code) in [(Signal::INT, Some(130)), (Signal::KILL, None)] {
        let mut served = Served::new();
        served.signal(signal);
        served.is_gone();
        assert_eq!(served.server.wait().unwrap().code(), code);
        let mut said = String::new();
        served.server.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(said.contains("not served any more"), signal == Signal::INT, "{said}");
        let mut left: Vec<_> = fs::read_dir(served.copy.path().join("target"))
            .unwrap()
            .flatten()
            .map(|e| e.file_name())
            .collect();
        left.retain(|name| name.to_string_lossy().starts_with("book"));
        assert_eq!(left, ["book"]);
    }
}

#[test]
fn it_is_built_where_it_is_wanted_and_never_over_something_else() {
    let copy = CourseCopy::with_book();
    let build =
        |to: &Path| Labrunner::new(["book", "--build", "--dest"]).and(to).within(copy.path()).run();
    let place = tempfile::tempdir().unwrap();
    let to = place.path().join("my book");
    let done = build(&to);
    assert_eq!(done.stdout, format!("{}\n", to.display()), "{done}");
    assert!(to.join("zh-TW").join(PAGE).is_file());
    fs::write(place.path().join("letter.txt"), "dear").unwrap();
    ended(&build(place.path()), 2, &["is not empty, and what is in it is no book"]);
    assert!(place.path().join("letter.txt").exists());
    fs::write(copy.path().join("book/book.toml"), "[bok]\n").unwrap();
    ended(&build(&to), 2, &["book.toml"]);
    assert!(to.join(PAGE).is_file());
}

#[test]
fn stale_messages_fail_and_without_gettext_it_is_said_how_to_get_it() {
    let copy = CourseCopy::with_book();
    let messages =
        |words: &[&str]| Labrunner::new([&["dev", "messages"], words].concat()).within(copy.path());
    ended(&messages(&[]).run(), 0, &[]);
    ended(&messages(&["--check"]).run(), 0, &["up to date"]);
    copy.replace(
        "book/src/ch2/hello-map.md",
        "Printing a line for every event",
        "Saying a line for every event",
    );
    ended(
        &messages(&["--check"]).run(),
        1,
        &["messages.pot: does not fit the pages", "labrunner dev messages"],
    );
    let (without, _folder) = messages(&[]).without_programs(&["msgmerge"]);
    ended(&without.run(), 69, &["msgmerge is not installed", "apt-get install gettext"]);
    ended(&messages(&[]).run(), 0, &["ko.po: written"]);
    ended(&messages(&["--check"]).run(), 0, &["up to date"]);
}
