//! `labrunner progress`: what the learner has done, carried from one machine to another.

use std::fs;
use std::io::Read;
use std::path::Path;

use super::print;
use crate::cli::{ProgressAction, ProgressArgs};
use crate::error::{Error, PASSED};
use crate::progress;

/// Prints it, or takes over another one.
pub fn run(args: &ProgressArgs) -> Result<u8, Error> {
    match &args.action {
        None => return super::next::overview(),
        Some(ProgressAction::Export) => print(&progress::export(&super::progress())?)?,
        Some(ProgressAction::Import { file }) => {
            let text = read(file)?;
            let labs = progress::import(&text, &file.display().to_string())?;
            let word = if labs == 1 { "lab" } else { "labs" };
            print(&format!("{labs} {word} taken over from {}.\n", file.display()))?;
        }
    }
    Ok(PASSED)
}

fn read(file: &Path) -> Result<String, Error> {
    let mut text = String::new();
    let read = match file == Path::new("-") {
        true => std::io::stdin().read_to_string(&mut text).map(drop),
        false => fs::read_to_string(file).map(|contents| text = contents),
    };
    read.map(|()| text)
        .map_err(|e| Error::Usage(format!("{} cannot be read: {e}.", file.display())))
}
