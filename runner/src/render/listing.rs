//! The known mistakes or the exercises of a lab.

use std::collections::BTreeSet;
use std::fmt::Write;

use colored::Colorize;
use serde::Serialize;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its name, as it is typed.
    name: String,
    /// What it is.
    title: String,
    /// Whether the learner has looked at it, or solved it.
    done: bool,
}

impl Row {
    /// One of that name; `done` has those that the learner is through with.
    pub fn new(name: &str, title: &str, done: &BTreeSet<String>) -> Self {
        Self { name: name.into(), title: title.into(), done: done.contains(name) }
    }
}

/// One a line, and how to run one; `what` is `break` or `exercise`.
pub fn text(lab: &str, what: &str, rows: &[Row]) -> String {
    let Some(first) = rows.first() else { return format!("{lab} has no {what}.\n") };
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for row in rows {
        let mark = if row.done { "✓".green() } else { " ".normal() };
        let _ = writeln!(text, "{mark} {:width$}  {}", row.name, row.title);
    }
    let _ = writeln!(text, "\nRun one: labrunner {lab} --{what} {}", first.name);
    text
}

/// The same as a JSON array.
pub fn json(rows: &[Row]) -> String {
    serde_json::to_string(rows).expect("strings")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_has_a_mark() {
        colored::control::set_override(false);
        let done = BTreeSet::from(["null-check".to_string()]);
        let rows = [Row::new("null-check", "Leave it out", &done), Row::new("size", "More", &done)];
        insta::assert_snapshot!(text("ch2 hello-map", "break", &rows), @r"
        ✓ null-check  Leave it out
          size        More

        Run one: labrunner ch2 hello-map --break null-check
        ");
        assert_eq!(text("ch3 x", "exercise", &[]), "ch3 x has no exercise.\n");
    }
}
