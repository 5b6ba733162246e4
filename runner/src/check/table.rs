//! The table for people: a row for each lab and break, a column for each kernel.
//!
//! A row is given out as soon as it and all rows above it are complete, and with it the reasons of what
//! did not pass; so what has been printed stays right, whenever the run ends.

use std::fmt::Write;
use std::iter::{once, repeat};

use colored::Colorize;

use super::pool::Finished;
use crate::compare::{Line, Side};
use crate::judge::Verdict;
use crate::refusal::printable;
use crate::report::Report;

/// The table, which fills as runs finish.
#[derive(Debug)]
pub struct Table {
    labels: Vec<String>,
    columns: Vec<String>,
    cells: Vec<Vec<Option<Cell>>>,
    /// How many rows have been given out.
    given: usize,
    /// Whether the line above the rows is there.
    headed: bool,
    /// Whether rows are left out in which everything passed.
    terse: bool,
    /// The reasons that have been given out; note 1 is the first.
    notes: Vec<String>,
}

/// What came of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Pass,
    Fail,
    Skip,
    Unable,
}

#[derive(Debug)]
struct Cell {
    mark: Mark,
    /// Why it did not pass.
    note: Option<String>,
}

impl Cell {
    fn of(report: &Report) -> Self {
        let mut cell = Self::new(&report.verdict);
        if let (Some(note), Some(trouble)) = (&mut cell.note, &report.trouble)
            && !note.contains(&trouble.line)
        {
            let _ = write!(note, "\nthe kernel: {}", trouble.line);
        }
        cell
    }

    fn new(verdict: &Verdict) -> Self {
        let (mark, note) = match verdict {
            Verdict::Pass => (Mark::Pass, None),
            Verdict::Fail(failure) => {
                let first = failure.diff.as_deref().map_or(String::new(), first_difference);
                (Mark::Fail, Some(format!("at {}: {}{first}", failure.stage, failure.message)))
            }
            Verdict::Timeout { stage, after } => {
                let after = after.as_secs_f64();
                (Mark::Fail, Some(format!("at {stage}: still running after {after:.1} s")))
            }
            Verdict::Skipped(reason) => (Mark::Skip, Some(reason.clone())),
            Verdict::Environment(unable) => (Mark::Unable, Some(unable.problem.clone())),
        };
        Self { mark, note }
    }
}

impl Table {
    /// An empty table.
    pub fn new(labels: Vec<String>, columns: Vec<String>) -> Self {
        let row = || columns.iter().map(|_| None).collect();
        let cells = labels.iter().map(|_| row()).collect();
        Self { labels, columns, cells, given: 0, headed: false, terse: false, notes: Vec::new() }
    }

    /// The same without the rows in which everything passed.
    #[must_use]
    pub fn terse(self, terse: bool) -> Self {
        Self { terse, ..self }
    }

    /// The line above the rows.
    pub fn header(&self) -> String {
        if self.terse { String::new() } else { self.names() }
    }

    fn names(&self) -> String {
        let mut text = " ".repeat(self.label_width());
        for column in &self.columns {
            let _ = write!(text, "  {column:<width$}", width = width(column));
        }
        format!("{}\n", text.trim_end().bold())
    }

    /// Takes a result in; the lines that can be printed now.
    pub fn add(&mut self, finished: &Finished) -> String {
        self.cells[finished.row][finished.column] = Some(Cell::of(&finished.report));
        let mut text = String::new();
        while self.cells.get(self.given).is_some_and(|row| row.iter().all(Option::is_some)) {
            text += &self.next_row();
        }
        text
    }

    /// The lines of an interrupted run that have results and have not been given out.
    pub fn rest(&mut self) -> String {
        let mut text = String::new();
        while let Some(row) = self.cells.get(self.given) {
            if row.iter().any(Option::is_some) {
                text += &self.next_row();
            } else {
                self.given += 1;
            }
        }
        text
    }

    fn next_row(&mut self) -> String {
        let row = std::mem::take(&mut self.cells[self.given]);
        let label = &self.labels[self.given];
        self.given += 1;
        let passed = |cell: &Option<Cell>| cell.as_ref().is_some_and(|c| c.mark == Mark::Pass);
        if self.terse && row.iter().all(passed) {
            return String::new();
        }
        let header = if self.terse && !self.headed { self.names() } else { String::new() };
        self.headed = true;
        let mut text = format!("{label:<width$}", width = self.label_width());
        let told = self.notes.len();
        for (column, cell) in self.columns.iter().zip(&row) {
            let note = cell.as_ref().and_then(|cell| cell.note.as_ref());
            let number = note.map(|note| number_of(&mut self.notes, note));
            let shown = shown(cell.as_ref(), number, width(column));
            let _ = write!(text, "  {shown}");
        }
        text = format!("{header}{}\n", text.trim_end());
        for (index, note) in self.notes.iter().enumerate().skip(told) {
            let number = format!("[{}]", index + 1);
            for (line, lead) in note.trim_end().lines().zip(once(number.as_str()).chain(repeat("")))
            {
                let _ = writeln!(text, "{}", format!("{lead:>6} {}", printable(line)).dimmed());
            }
        }
        text
    }

    fn label_width(&self) -> usize {
        self.labels.iter().map(|label| label.chars().count()).max().unwrap_or(0)
    }
}

/// The first line on each side of a difference that the other side has not, each on a line.
fn first_difference(diff: &[Line]) -> String {
    let first = |side| diff.iter().find(|line| line.side == side);
    let lines = [Side::Expected, Side::Found].into_iter().filter_map(first);
    lines.map(|line| format!("\n{}{}", line.side.mark(), line.text)).collect()
}

/// The number of a note; a new one gets the next.
fn number_of(notes: &mut Vec<String>, note: &str) -> usize {
    let place = notes.iter().position(|known| known == note).unwrap_or_else(|| {
        notes.push(note.into());
        notes.len() - 1
    });
    place + 1
}

/// Width of a column: that of `FAIL [9]`, or of its name.
fn width(column: &str) -> usize {
    column.chars().count().max(8)
}

fn shown(cell: Option<&Cell>, number: Option<usize>, width: usize) -> String {
    let Some(cell) = cell else { return format!("{:<width$}", "·") };
    let word = match cell.mark {
        Mark::Pass => "pass",
        Mark::Fail => "FAIL",
        Mark::Skip => "skip",
        Mark::Unable => "env",
    };
    let text = match number {
        Some(number) => format!("{word} [{number}]"),
        None => word.to_string(),
    };
    let padding = " ".repeat(width.saturating_sub(text.len()));
    let text = match cell.mark {
        Mark::Pass => text.green(),
        Mark::Fail => text.red().bold(),
        Mark::Skip | Mark::Unable => text.yellow(),
    };
    format!("{text}{padding}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use microvm::{Trouble, TroubleKind};

    use super::*;
    use crate::error::Unable;
    use crate::judge::Failure;
    use crate::stage::Stage;

    fn finished(row: usize, column: usize, verdict: Verdict) -> Finished {
        Finished { row, column, report: Report::with(verdict), took: Duration::from_secs(1) }
    }

    fn fail(message: &str) -> Verdict {
        let diff = message.contains("output").then(|| {
            let line = |side, text: &str| Line { side, text: text.into() };
            vec![
                line(Side::Both, "same"),
                line(Side::Expected, "uid=0 execs=3"),
                line(Side::Found, "uid=0 \x1b[2J"),
                line(Side::Found, "more"),
            ]
        });
        Verdict::Fail(Failure { stage: Stage::Compare, message: message.into(), diff })
    }

    fn table() -> Table {
        colored::control::set_override(false);
        let labels = ["ch2 hello", "  break license", "ch3 hello-xdp"];
        Table::new(labels.map(String::from).to_vec(), ["6.1", "6.12"].map(String::from).to_vec())
    }

    fn unable() -> Verdict {
        let problem = "The machine went down: Kernel panic.".into();
        Verdict::Environment(Unable { problem, fix: "Look".into() })
    }

    #[test]
    fn rows_come_in_order_each_with_its_new_reasons() {
        let mut table = table();
        let mut text = table.header();
        let hung = Verdict::Timeout { stage: Stage::Load, after: Duration::from_millis(1500) };
        for (row, column, verdict) in [
            (1, 0, fail("the output is not what was expected")),
            (0, 1, Verdict::Skipped("xdp: not built".into())),
            (1, 1, hung),
        ] {
            assert_eq!(table.add(&finished(row, column, verdict)), "");
        }
        text += &table.add(&finished(0, 0, Verdict::Pass));
        text += "-- the rest\n";
        text += &table.add(&finished(2, 1, Verdict::Skipped("xdp: not built".into())));
        text += &table.add(&finished(2, 0, unable()));
        insta::assert_snapshot!(text, @"
                         6.1       6.12
        ch2 hello        pass      skip [1]
           [1] xdp: not built
          break license  FAIL [2]  FAIL [3]
           [2] at compare: the output is not what was expected
               -uid=0 execs=3
               +uid=0 \u{fffd}[2J
           [3] at load: still running after 1.5 s
        -- the rest
        ch3 hello-xdp    env [4]   skip [1]
           [4] The machine went down: Kernel panic.
        ");
    }

    #[test]
    fn trouble_of_the_kernel_is_told_beside_a_failure() {
        let mut table = table();
        let mut run = finished(0, 0, fail("no"));
        run.report.trouble = Some(Trouble {
            kind: TroubleKind::Warning,
            line: "WARNING: CPU: 0 PID: 71 at mm/page_alloc.c:5534".into(),
            report: String::new(),
        });
        table.add(&run);
        insta::assert_snapshot!(table.rest(), @"
        ch2 hello        FAIL [1]  ·
           [1] at compare: no
               the kernel: WARNING: CPU: 0 PID: 71 at mm/page_alloc.c:5534
        ");
    }

    #[test]
    fn an_interrupted_table_shows_what_there_is() {
        let mut table = table();
        assert_eq!(table.add(&finished(2, 1, Verdict::Pass)), "");
        assert_eq!(table.add(&finished(0, 1, fail("no"))), "");
        insta::assert_snapshot!(table.rest(), @"
        ch2 hello        ·         FAIL [1]
           [1] at compare: no
        ch3 hello-xdp    ·         pass
        ");
        assert_eq!(table.rest(), "");
    }
}
