//! `labrunner-book`, the program that builds and serves the book: built when it is not there or older
//! than its sources.
//!
//! It is a program of its own because of what it is made of, which takes longer to compile than
//! everything that runs labs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use crate::child::tied;
use crate::error::{Error, FAILED};
use crate::programs::{cargo, modified, newest, put_stamp, target_folder};

/// What it is made of, relative to the course's root.
const SOURCES: [&str; 3] = ["Cargo.lock", "Cargo.toml", "runner/book"];

/// Its cargo profile, which names the folder it is built in as well.
const PROFILE: &str = "workbook";

const NAME: &str = "labrunner-book";

/// The program, built now if that is needed; `say` is told so.
///
/// # Errors
/// It cannot be built.
pub fn find(root: &Path, say: &mut dyn FnMut(&str)) -> Result<PathBuf, Error> {
    let target = target_folder(root);
    let folder = target.join(PROFILE);
    let (program, stamp) = (folder.join(NAME), folder.join(".labrunner-book-built"));
    let built = modified(&stamp);
    if built.is_some() && newest(root, &SOURCES) < built && program.is_file() {
        return Ok(program);
    }
    say("Building the program that makes the book, which takes a minute or two the first time.");
    let begun = SystemTime::now();
    let words = format!("cargo build --profile {PROFILE} -p workbook --bin {NAME}");
    let words: Vec<String> = words.split(' ').map(str::to_string).collect();
    if !cargo(root, &target, &words)? {
        return Err(Error::Build(
            "The program that makes the book does not build; cargo says why above. The first build \
             fetches crates: is there a network?"
                .into(),
        ));
    }
    put_stamp(&stamp, begun)?;
    Ok(program)
}

/// The program with these arguments, ready to start. It ends with this process, however that ends.
///
/// # Errors
/// There is no setpriv.
pub fn command(program: &Path, arguments: &[&Path]) -> Result<Command, Error> {
    let Some(name) = program.to_str() else {
        return Err(Error::Usage(format!(
            "{} is not a path in UTF-8; clone the course to a folder whose path is.",
            program.display()
        )));
    };
    let mut command = tied(name)?;
    command.args(arguments);
    Ok(command)
}

/// Runs it to its end; it says itself what fails. Its exit status.
///
/// # Errors
/// It does not start.
pub fn run(program: &Path, arguments: &[&Path]) -> Result<u8, Error> {
    let status = command(program, arguments)?.stdin(Stdio::null()).status();
    let status = status.map_err(|e| does_not_start(program, &e))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(FAILED))
}

/// The error for a program that does not start.
pub fn does_not_start(program: &Path, why: &std::io::Error) -> Error {
    Error::unable(
        format!("{} does not start: {why}.", program.display()),
        "Remove it, and it is built again.",
    )
}
