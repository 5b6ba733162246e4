//! What a refusal means, where it comes from, and what to change.
//!
//! A failure's message is looked up in a table of patterns; the row's function says in plain words what
//! the message means with the numbers of this log, follows the value at fault back to where it came from,
//! and suggests an edit. Where the log does not prove what is said, the explanation is not `confident`, and
//! for a message that no row knows there is none.

mod account;
mod capture;
mod case;
mod family;
mod names;
mod op;
mod origin;
mod path;
mod sources;
mod table;
mod trace;
mod tree;
mod value;

use crate::{
    category::Category,
    failure::{ERRORS, Failure},
    log::Log,
    source::LineTable,
};

use case::Case;
use path::Path;
use sources::Sources;

pub(crate) use table::category;
pub use table::{Known, known};

/// A refusal explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What is wrong, in one line: `r0 may be NULL`.
    pub title: String,
    /// What it means, with the numbers of this log; may be empty where the title says all.
    pub meaning: String,
    /// The kind of rule that is broken.
    pub category: Category,
    /// The register at fault.
    pub register: Option<u8>,
    /// The numbers of this failure by name: `value_size`, `offset`, `index_max`.
    pub numbers: Vec<(&'static str, i64)>,
    /// From where the value at fault came to be, to the failing instruction.
    pub chain: Vec<Step>,
    /// What to change.
    pub suggestion: Option<Suggestion>,
    /// Whether the log proves all that is said here. If not, the meaning holds for the message in
    /// general, and the chain may have gaps.
    pub confident: bool,
}

/// A link of the cause chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The instruction.
    pub insn: u32,
    /// That instruction in the kernel's notation.
    pub instruction: String,
    /// Its source line.
    pub place: Option<Place>,
    /// What happens there.
    pub what: String,
    /// Where it is among the log's items: an instruction may be walked more than once.
    pub item: usize,
}

/// A source line, from the object if there is one, else from the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as far as it is known.
    pub file: Option<String>,
    /// Line number from 1.
    pub line: Option<u32>,
    /// Column from 1 in the line as it is in the file, indentation included; from an object only.
    pub column: Option<u32>,
    /// How many characters of indentation the line has in the file; from an object only.
    pub indent: Option<u32>,
    /// The line without indentation.
    pub text: String,
}

/// What to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// In words.
    pub text: String,
    /// The code to write, line by line.
    pub code: Option<String>,
}

/// The lines of a program's object.
#[derive(Clone, Copy, Debug)]
pub struct Lines<'o> {
    /// The object's line table.
    pub table: &'o LineTable,
    /// The program that the log is about.
    pub program: &'o str,
}

/// Explains a failure of a log; `None` if no row of the table knows its message.
pub fn explain(
    log: &Log<'_>,
    failure: &Failure<'_>,
    lines: Option<Lines<'_>>,
) -> Option<Explanation> {
    let items = log.items();
    let path = failure.item.map(|item| Path::to(items, item)).unwrap_or_default();
    let sources = Sources::new(items, lines);
    let texts = [failure.message].into_iter().chain(failure.details.iter().copied()).take(ERRORS);
    let rows = texts.flat_map(|message| {
        table::find(message).map(move |(row, captures)| (message, row, captures))
    });
    let mut accounts = rows.filter_map(|(message, row, captures)| {
        let case = Case::new(message, captures, failure, &path, &sources);
        Some((row, row.explain(&case)?))
    });
    accounts.next().map(|(row, mut account)| {
        let register = account.register.or(failure.register);
        account.links.sort_by_key(|link| link.at);
        account.links.dedup();
        let chain = account.links.iter().map(|link| sources.step(&path, link));
        Explanation {
            chain: chain.collect(),
            title: account.title,
            meaning: account.meaning,
            category: failure.category.unwrap_or(row.category),
            register,
            numbers: account.numbers,
            suggestion: account.suggestion,
            confident: account.confident,
        }
    })
}

/// The source line of the failing instruction.
pub fn place(log: &Log<'_>, failure: &Failure<'_>, lines: Option<Lines<'_>>) -> Option<Place> {
    Sources::new(log.items(), lines).of_failure(failure)
}
