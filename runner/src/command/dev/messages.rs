//! `labrunner dev messages`: what there is to translate.

use std::path::Path;

use super::{course, say};
use crate::book::{pages, program};
use crate::cli::MessagesArgs;
use crate::error::Error;

/// Writes the template and the tables, or looks whether they are up to date.
pub(super) fn run(args: &MessagesArgs) -> Result<u8, Error> {
    let course = course()?;
    let program = program::find(&course.root, &mut say)?;
    let book = course.root.join(pages::BOOK);
    let mut arguments = vec![Path::new("messages"), book.as_path()];
    if args.check {
        arguments.push(Path::new("--check"));
    }
    program::run(&program, &arguments)
}
