//! The table: under each program its verdicts, kernel by kernel, and what the verifier counted.

use std::fmt::Write;

use colored::{ColoredString, Colorize};

use crate::verify::reasons::Reasons;
use crate::verify::{Attempt, Change, Cost, Program, Verified};

/// What is counted: how a row is called, the number, and how it is written.
type Count = (&'static str, fn(&Cost) -> Option<u64>, fn(&Cost) -> Option<String>);

const COUNTS: [Count; 4] = [
    ("instructions", |cost| Some(cost.insns), |cost| Some(cost.insns.to_string())),
    ("states", |cost| Some(cost.states), |cost| Some(cost.states.to_string())),
    ("stack", Cost::stack_bytes, |cost| cost.stack_parts().map(str::to_owned)),
    ("time", |_| None, |cost| cost.us.map(time)), // never the same twice, so not compared
];

/// A cell, and whether it is good news.
struct Cell {
    text: String,
    good: Option<bool>,
}

impl Cell {
    fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), good: None }
    }

    fn coloured(&self) -> ColoredString {
        match self.good {
            None => self.text.normal(),
            Some(true) => self.text.green(),
            Some(false) => self.text.red().bold(),
        }
    }
}

/// A row: its label, the part of the label that is dimmed, a cell for each kernel.
struct Row(String, String, Vec<Cell>);

/// All of it; with numbers of reasons, which are told below it.
pub(super) fn table(verified: &Verified, reasons: &Reasons<'_>) -> String {
    let names = verified.names();
    if names.is_empty() {
        return String::new();
    }
    let series = verified.columns.iter().map(|column| Cell::plain(&column.series));
    let mut rows = vec![Row(String::new(), String::new(), series.collect())];
    for name in names {
        rows.extend(rows_of(verified, reasons, name));
    }
    let label = |row: &Row| row.0.chars().count() + row.1.chars().count();
    let label_width = rows.iter().map(label).max().unwrap_or(0);
    let width =
        |at: usize| rows.iter().map(|row| row.2[at].text.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..verified.columns.len()).map(width).collect();

    let mut text = String::new();
    for (at, row) in rows.iter().enumerate() {
        let Row(name, more, cells) = row;
        let mut line = format!("{name}{}", more.dimmed());
        let mut space = label_width - label(row);
        for (cell, width) in cells.iter().zip(&widths) {
            let shown = if at == 0 { cell.text.bold() } else { cell.coloured() };
            let _ = write!(line, "{:space$}  {shown}", "");
            space = width - cell.text.chars().count();
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// The verdicts on a program, and what the verifier counted.
fn rows_of(verified: &Verified, reasons: &Reasons<'_>, name: &str) -> Vec<Row> {
    let programs: Vec<Option<&Program>> =
        verified.columns.iter().map(|column| column.program(name)).collect();
    let kind = programs.iter().flatten().next().map_or("", |program| &program.kind);
    let compared = verified.before.is_some();
    let verdicts = programs.iter().map(|program| match program {
        None => Cell::plain("?"),
        Some(program) => verdict(program, compared, reasons),
    });
    let mut rows = vec![Row(name.into(), format!("  {kind}"), verdicts.collect())];
    for (title, number, written) in COUNTS {
        let cells: Vec<Cell> = programs
            .iter()
            .map(|program| {
                let cost = |attempt: Option<&'_ Attempt>| attempt.and_then(|a| a.cost.clone());
                let now = program.and_then(|program| cost(program.now.as_ref()));
                let before = program.and_then(|program| cost(program.before.as_ref()));
                // What the verifier did before it refused is no measure.
                let both_load = program.is_some_and(|program| {
                    let attempts = [&program.now, &program.before];
                    attempts.iter().all(|a| a.as_ref().is_some_and(Attempt::loads))
                });
                let change = now.as_ref().and_then(number).zip(before.as_ref().and_then(number));
                let change = change.filter(|_| both_load);
                let now = now.as_ref().and_then(written).unwrap_or_default();
                Cell::plain(now + &change.map_or(String::new(), difference))
            })
            .collect();
        if cells.iter().any(|cell| !cell.text.is_empty()) {
            rows.push(Row(String::new(), format!("  {title}"), cells));
        }
    }
    rows
}

fn verdict(program: &Program, compared: bool, reasons: &Reasons<'_>) -> Cell {
    let Some(now) = &program.now else { return Cell::plain("gone") };
    let word = match (compared, program.change()) {
        (true, Change::Loads | Change::Refused) => "now ",
        (true, Change::New) => "new, ",
        _ => "",
    };
    if now.loads() {
        return Cell { text: format!("{word}loads"), good: Some(true) };
    }
    let number = reasons.number(&program.name, now).unwrap_or_default();
    Cell { text: format!("{word}refused [{number}]"), good: Some(false) }
}

/// ` (+3)`
fn difference((now, before): (u64, u64)) -> String {
    match now.cast_signed() - before.cast_signed() {
        0 => String::new(),
        difference => format!(" ({difference:+})"),
    }
}

/// Microseconds for people.
fn time(us: u64) -> String {
    match us {
        0..10_000 => format!("{us} µs"),
        10_000..10_000_000 => format!("{} ms", us / 1000),
        _ => format!("{:.1} s", us as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_unit_that_reads_best() {
        for (us, expected) in [(138, "138 µs"), (12_345, "12 ms"), (12_345_678, "12.3 s")] {
            assert_eq!(time(us), expected);
        }
    }
}
