//! The messages that are known: a table of patterns, in families.

use super::{
    account::Account,
    capture::{Captures, capture},
    case::Case,
    family,
};
use crate::category::Category;

/// A row: a message, the kind of rule, and what there is to say.
pub(crate) struct Row {
    pub(crate) pattern: &'static str,
    pub(crate) category: Category,
    how: How,
}

enum How {
    /// Title and help, with the pattern's gaps.
    Plain(&'static str, &'static str),
    With(fn(&Case<'_, '_>) -> Option<Account>),
    /// Only sums up another line, or names a kind.
    Nothing,
}

/// A row that a function explains.
pub(crate) const fn row(
    pattern: &'static str,
    category: Category,
    explain: fn(&Case<'_, '_>) -> Option<Account>,
) -> Row {
    Row { pattern, category, how: How::With(explain) }
}

/// A row whose message needs no more than a title and a help; gaps of the pattern may stand in both.
pub(crate) const fn plain(
    pattern: &'static str,
    category: Category,
    title: &'static str,
    help: &'static str,
) -> Row {
    Row { pattern, category, how: How::Plain(title, help) }
}

/// A row that gives a message its category and no more.
pub(crate) const fn silent(pattern: &'static str, category: Category) -> Row {
    Row { pattern, category, how: How::Nothing }
}

impl Row {
    pub(crate) fn explain(&self, case: &Case<'_, '_>) -> Option<Account> {
        match self.how {
            How::With(explain) => explain(case),
            How::Plain(title, help) => {
                let account = Account::new(case.fill(title));
                Some(if help.is_empty() { account } else { account.help(case.fill(help)) })
            }
            How::Nothing => None,
        }
    }
}

/// Messages are lines; one that is longer is not one.
const LONGEST: usize = 4_000;

/// The rows that fit, in order: the first one that has something to say decides.
pub(crate) fn find(message: &str) -> impl Iterator<Item = (&'static Row, Captures<'_>)> {
    let message = message.trim();
    let rows = (message.len() <= LONGEST).then(rows).into_iter().flatten();
    rows.filter_map(move |row| Some((row, capture(row.pattern, message)?)))
}

pub(crate) fn category(message: &str) -> Option<Category> {
    find(message).next().map(|(row, _)| row.category)
}

fn rows() -> impl Iterator<Item = &'static Row> {
    family::ALL.iter().flat_map(|(_, rows)| rows.iter())
}

/// A message that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The family of messages: `null and types`, `limits`.
    pub family: &'static str,
    /// The kernel's category.
    pub category: Category,
    /// The message: `{name}` stands for a text in it, `{#name}` for a number.
    pub pattern: &'static str,
    /// Whether there is an explanation, and not only the category.
    pub explained: bool,
}

/// All known messages, family by family.
pub fn known() -> impl Iterator<Item = Known> {
    family::ALL.iter().flat_map(|(family, rows)| {
        rows.iter().map(|row| Known {
            family,
            category: row.category,
            pattern: row.pattern,
            explained: !matches!(row.how, How::Nothing),
        })
    })
}
