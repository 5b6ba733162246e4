//! `labrunner book`: the workbook in a browser, with the learner's progress on its pages.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::thread;
use std::time::{Duration, SystemTime};

use super::{course, print, say};
use crate::book::{browser, meet, pages, program};
use crate::cli::{BookArgs, Format};
use crate::course::Course;
use crate::error::{Error, FAILED, PASSED};
use crate::interrupt;
use crate::programs::modified;
use crate::progress::{self, Progress};
use crate::render::notes::notes;

/// How often the learner's progress and the server are looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Builds the book, and serves it until it is interrupted.
pub fn run(args: &BookArgs, format: Format) -> Result<u8, Error> {
    let course = course()?;
    let program = program::find(&course.root, &mut say)?;
    let destination = pages::destination(&course.root, args.dest.as_deref());
    let book = course.root.join(pages::BOOK);
    if args.build {
        let code = program::run(&program, &[Path::new("build"), &book, &destination])?;
        if code == PASSED {
            print(&told(format, "folder", &destination.display().to_string()))?;
        }
        return Ok(code);
    }
    let port = args.port.map(|port| format!("--port={port}"));
    let mut arguments = vec![Path::new("serve"), &book, &destination];
    arguments.extend(port.as_deref().map(Path::new));
    let mut server = program::command(&program, &arguments)?
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| program::does_not_start(&program, &e))?;
    // It writes its address once the book is built, or says what is wrong and ends.
    let mut address = String::new();
    if let Some(stdout) = server.stdout.take() {
        let _ = BufReader::new(stdout).read_line(&mut address);
    }
    let address = address.trim_end();
    if address.is_empty() {
        return Ok(ended(&mut server));
    }
    meet::offer(&course.root, address);
    print(&told(format, "address", address))?;
    interrupt::before_the_end(|| say("\nThe book is not served any more."));
    if args.no_open || !browser::open(address) {
        say("Open it in a browser. Ctrl-C ends the server.");
    } else {
        say("It opens in your browser. Ctrl-C ends the server.");
    }
    keep_noting(&course, &mut server);
    Ok(ended(&mut server))
}

fn told(format: Format, what: &str, value: &str) -> String {
    match format {
        Format::Text => format!("{value}\n"),
        Format::Json | Format::Junit => format!("{}\n", serde_json::json!({ what: value })),
    }
}

/// Tells the server what the learner has done, now and after each change, until it has ended.
fn keep_noting(course: &Course, server: &mut Child) {
    let Some(mut input) = server.stdin.take() else { return };
    let path = progress::path();
    let changed = || path.as_deref().and_then(modified);
    let mut known: Option<Option<SystemTime>> = None;
    while matches!(server.try_wait(), Ok(None)) {
        let now = changed();
        if known != Some(now) {
            known = Some(now);
            if note(course, &mut input).is_err() {
                return;
            }
        }
        thread::sleep(LOOK);
    }
}

fn note(course: &Course, input: &mut ChildStdin) -> std::io::Result<()> {
    let (progress, said) = Progress::load();
    said.iter().for_each(|sentence| say(sentence));
    writeln!(input, "{}", notes(course, &progress))
}

/// Its exit status; it has said itself what is wrong.
fn ended(server: &mut Child) -> u8 {
    let status = server.wait().ok().and_then(|status| status.code());
    status.and_then(|code| u8::try_from(code).ok()).unwrap_or(FAILED)
}
