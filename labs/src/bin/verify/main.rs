//! verify: gives each program of an object to the verifier by itself, and says what came of it.
//!
//! One line of JSON for the object, then one for each program, in the order of the object:
//!
//! ```text
//! {"errno":0,"words":[],"programs":2}
//! {"program":"count","section":"xdp","type":"xdp","errno":0,"insns":9,…,"words":[],"log":""}
//! ```
//!
//! Maps are made and not pinned, nothing is attached, and all is gone at the end. The exit status is 0
//! when every program was tried, whatever came of it, and 1 when the object cannot be opened.

mod attempt;
mod line;
mod raw;
mod words;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use lexopt::Arg;
use line::ObjectLine;

const HELP: &str = "\
Gives each program of a BPF object to the verifier by itself; attaches nothing.

Usage: verify FILE.bpf.o

Prints a line of JSON for the object and one for each program. Run it as root.
";

fn main() -> ExitCode {
    let file = match file(lexopt::Parser::from_env()) {
        Ok(Some(file)) => file,
        Ok(None) => {
            let _ = io::stdout().write_all(HELP.as_bytes());
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}\nTry `verify --help`.");
            return ExitCode::from(2);
        }
    };
    words::listen();
    match verify(&PathBuf::from(file)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {}", labs::phrase(&error));
            ExitCode::FAILURE
        }
    }
}

/// Whether the object could be opened.
fn verify(file: &std::path::Path) -> Result<bool> {
    let programs = match attempt::open(file) {
        Ok(object) => object.progs().count(),
        Err(failed) => {
            let (errno, words) = (failed.errno, failed.words);
            print(&ObjectLine { errno, words, programs: 0 })?;
            return Ok(false);
        }
    };
    words::take(); // of warnings about an object that opens, those that matter come again
    print(&ObjectLine { errno: 0, words: Vec::new(), programs })?;
    for index in 0..programs {
        print(&attempt::program(file, index)?)?;
    }
    Ok(true)
}

fn print(line: &impl serde::Serialize) -> Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, line)?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

/// The file that is named; `None` for `--help`.
fn file(mut parser: lexopt::Parser) -> Result<Option<OsString>> {
    let mut file = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Value(value) if file.is_none() => file = Some(value),
            Arg::Short('h') | Arg::Long("help") => return Ok(None),
            other => return Err(other.unexpected().into()),
        }
    }
    if file.is_none() {
        bail!("no object is named");
    }
    Ok(file)
}
