//! `labrunner-book`: what `labrunner book` and `labrunner dev messages` start.
//!
//! A program of its own, since what it is made of takes longer to compile than all the rest together,
//! and a learner who runs labs needs none of it.
//!
//! ```text
//! labrunner-book build ROOT DESTINATION
//! labrunner-book serve ROOT DESTINATION [--port N]
//! labrunner-book messages ROOT [--check]
//! ```
//!
//! `serve` writes its address to standard output, one line. Each line on its standard input is an object
//! of notes (see [`workbook::serve::Notes`]), which replaces the one before; the end of its input is its
//! own end.

use std::ffi::OsString;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use lexopt::prelude::*;
use workbook::build::{Built, build};
use workbook::serve::{Handle, Server, Settings};
use workbook::{language, messages};

/// As labrunner's: something failed, wrong usage, this machine cannot.
const FAILED: u8 = 1;
const USAGE: u8 = 2;
const UNAVAILABLE: u8 = 69;

enum Task {
    Build(PathBuf, PathBuf),
    Serve(Settings),
    Messages(PathBuf, bool),
}

fn main() -> ExitCode {
    let task = match parse() {
        Ok(task) => task,
        Err(error) => {
            complain(&format!("{error}"));
            return ExitCode::from(USAGE);
        }
    };
    let code = match task {
        Task::Build(root, destination) => build_once(&root, &destination),
        Task::Serve(settings) => serve(settings),
        Task::Messages(root, only_look) => update_messages(&root, only_look),
    };
    ExitCode::from(code)
}

fn parse() -> Result<Task, lexopt::Error> {
    let mut parser = lexopt::Parser::from_env();
    let mut words: Vec<OsString> = Vec::new();
    let (mut port, mut check) = (None, false);
    while let Some(argument) = parser.next()? {
        match argument {
            Value(word) => words.push(word),
            Long("port") => port = Some(parser.value()?.parse()?),
            Long("check") => check = true,
            other => return Err(other.unexpected()),
        }
    }
    let path = |index: usize| PathBuf::from(&words[index]);
    let name = words.first().map(|word| word.to_string_lossy().into_owned());
    match (name.as_deref(), words.len()) {
        (Some("build"), 3) => Ok(Task::Build(path(1), path(2))),
        (Some("serve"), 3) => {
            Ok(Task::Serve(Settings { root: path(1), destination: path(2), port }))
        }
        (Some("messages"), 2) => Ok(Task::Messages(path(1), check)),
        _ => Err("labrunner-book build|serve|messages ROOT … is started by labrunner".into()),
    }
}

fn build_once(root: &Path, destination: &Path) -> u8 {
    match build(root, destination) {
        Ok(built) => {
            report(&built);
            if built.complaints.is_empty() { 0 } else { FAILED }
        }
        Err(error) => {
            complain(&format!("{error:#}"));
            USAGE
        }
    }
}

fn serve(settings: Settings) -> u8 {
    let server = match Server::bind(settings) {
        Ok(server) => server,
        Err(error) => {
            complain(&format!("{error:#}.\nName another with --port, or --port 0 for any."));
            return UNAVAILABLE;
        }
    };
    match show(server) {
        Ok(()) => 0,
        Err(error) => {
            complain(&format!("{error:#}"));
            USAGE
        }
    }
}

fn show(server: Server) -> Result<()> {
    let begun = Instant::now();
    let (handle, address) = (server.handle(), server.address()?);
    let ready = |built: &Built| {
        report_after(built, begun.elapsed());
        thread::spawn(move || {
            if let Err(error) = take_notes(&handle) {
                complain(&format!("{error:#}"));
            }
            handle.end();
        });
        writeln!(io::stdout(), "{address}").context("cannot tell the address")
    };
    server.run(ready, |result| match result {
        Ok(built) if built.complaints.is_empty() => say("Built again."),
        Ok(built) => report(built),
        Err(error) => complain(&format!("{error:#}\nThe book stays as it was before.")),
    })
}

/// Until the end of the input.
fn take_notes(handle: &Handle) -> Result<()> {
    for line in io::stdin().lock().lines() {
        let line = line.context("cannot read the notes")?;
        handle.note(serde_json::from_str(&line).context("these are no notes")?);
    }
    Ok(())
}

fn update_messages(root: &Path, only_look: bool) -> u8 {
    let stale = match messages::update(root, only_look) {
        Ok(stale) => stale,
        Err(error) => {
            complain(&format!("{error:#}"));
            return if format!("{error}").contains("msgmerge is not") {
                UNAVAILABLE
            } else {
                USAGE
            };
        }
    };
    for path in &stale {
        let state = if only_look { "does not fit the pages any more" } else { "written" };
        println!("{}: {state}", path.display());
    }
    match (stale.is_empty(), only_look) {
        (true, _) => {
            println!("{}: up to date", root.join(language::TABLES).display());
            0
        }
        (false, true) => {
            say("Bring them up to date: labrunner dev messages");
            FAILED
        }
        (false, false) => 0,
    }
}

fn report_after(built: &Built, took: Duration) {
    report(built);
    say(&format!(
        "Built {} pages ({}) in {:.1} s.",
        built.pages,
        built.languages.join(", "),
        took.as_secs_f32()
    ));
}

fn report(built: &Built) {
    if let Some(summary) = built.summary() {
        complain(&summary);
    }
}

fn complain(text: &str) {
    say(&format!("error: {text}"));
}

fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
