//! `labrunner completions bash`: what makes a shell ask this program for the words that can follow.

use std::env;
use std::path::Path;

use clap::ValueEnum;
use clap_complete::env::Shells;

use super::print;
use crate::cli::CompletionsArgs;
use crate::complete::VARIABLE;
use crate::error::Error;

/// Prints it.
pub fn run(args: &CompletionsArgs) -> Result<u8, Error> {
    let shell = args.shell.to_possible_value();
    let shells = Shells::builtins();
    let shell = shell.as_ref().and_then(|shell| shells.completer(shell.get_name()));
    let shell = shell.expect("each of our shells is one that the library knows");
    let mut script = Vec::new();
    let written =
        shell.write_registration(VARIABLE, "labrunner", "labrunner", &this(), &mut script);
    written.expect("writing to memory does not fail");
    print(&String::from_utf8_lossy(&script))?;
    Ok(crate::error::PASSED)
}

/// How the shell shall call this program: by its name if it was found by that, else by its path.
fn this() -> String {
    let called = env::args_os().next().unwrap_or_default();
    match env::current_exe() {
        Ok(path) if Path::new(&called).components().count() > 1 => path.display().to_string(),
        _ => "labrunner".to_string(),
    }
}
