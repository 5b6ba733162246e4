//! Tells of results as they come, and writes them.

use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use super::Event;
use crate::check::progress::Progress;
use crate::check::tally::Tally;
use crate::cli::Format;
use crate::error::{Error, INTERRUPTED, PASSED, UNAVAILABLE};
use crate::grade::grader::Cell;
use crate::grade::journal::{Header, Writer};
use crate::grade::output::{Output, cannot_write};
use crate::grade::row::{Entry, Mark, sort, total};
use crate::grade::{json, junit};
use crate::refusal::printable;

/// How long an interrupted run may take to write what it has.
pub(super) const LAST_WORD: Duration = Duration::from_secs(5);

/// How wide the column of names is at most.
const NAME: usize = 24;

/// Follows the results.
pub(super) struct Reporter<'a> {
    output: &'a Output,
    writer: Writer,
    header: Header,
    format: Format,
    progress: Progress,
    /// How many results of each submission are still to come.
    left: BTreeMap<&'a str, usize>,
    planned: usize,
    reused: usize,
    entries: Vec<Entry>,
    start: Instant,
}

impl<'a> Reporter<'a> {
    /// Of these cells.
    pub(super) fn new(
        output: &'a Output,
        writer: Writer,
        header: Header,
        cells: &[Cell<'a>],
        format: Format,
    ) -> Self {
        let mut left: BTreeMap<&str, usize> = BTreeMap::new();
        cells.iter().for_each(|cell| *left.entry(&cell.submission.name).or_default() += 1);
        Self {
            output,
            writer,
            header,
            format,
            progress: Progress::start(cells.len()),
            left,
            planned: cells.len(),
            reused: 0,
            entries: Vec::new(),
            start: Instant::now(),
        }
    }

    /// Prints and writes down until all has ended, or the user wants an end. Once nobody receives events any
    /// more, the workers stop.
    pub(super) fn follow(mut self, events: Receiver<Event>) -> Result<u8, Error> {
        while self.entries.len() < self.planned {
            match events.recv() {
                Ok(Event::Said(sentence)) => self.progress.tell(&format!("{sentence}\n")),
                Ok(Event::Graded(entry, reused)) => self.add(*entry, reused)?,
                Ok(Event::Interrupted(shown)) => {
                    let ended = self.end();
                    drop(shown);
                    return ended.map(|_| INTERRUPTED);
                }
                Err(_) => break,
            }
        }
        self.end()
    }

    fn add(&mut self, entry: Entry, reused: bool) -> Result<(), Error> {
        if reused {
            self.reused += 1;
        } else {
            self.writer.add(&entry).map_err(|e| cannot_write(self.output.path(), &e))?;
        }
        if self.format == Format::Json {
            self.progress.print(&json::line(&entry.row))?;
        }
        let name = entry.row.submission.clone();
        self.entries.push(entry);
        self.progress.set(&self.tally());
        let left = self.left.get_mut(name.as_str()).map(|left| {
            *left -= 1;
            *left
        });
        if left == Some(0) && self.format == Format::Text {
            let line = self.line(&name);
            self.progress.print(&line)?;
        }
        Ok(())
    }

    fn count(&self, is: impl Fn(Mark) -> bool) -> usize {
        self.entries.iter().filter(|entry| is(entry.row.verdict)).count()
    }

    fn tally(&self) -> Tally {
        Tally {
            planned: self.planned,
            passed: self.count(|mark| mark == Mark::Pass),
            failed: self.count(|mark| mark.is_graded() && mark != Mark::Pass),
            skipped: self.count(|mark| mark == Mark::Skipped),
            unable: self.count(|mark| mark == Mark::Environment),
        }
    }

    /// `alice   1 of 2  ch2/hello-map pass · ch2/hello-map:gid fail at load`
    fn line(&self, name: &str) -> String {
        let mut own: Vec<Entry> = Vec::new();
        own.extend(self.entries.iter().filter(|entry| entry.row.submission == name).cloned());
        sort(&mut own);
        let width = self.left.keys().map(|name| name.chars().count()).max().unwrap_or(0).min(NAME);
        let shown: Vec<String> = own.iter().map(brief).collect();
        let total = total(&own);
        let points = format!("{} of {}", total.points, total.out_of);
        format!("{:width$}  {points:>7}  {}\n", printable(name), shown.join(" · "))
    }

    /// Writes all files, and what there is to say in the end.
    fn end(mut self) -> Result<u8, Error> {
        self.progress.end();
        sort(&mut self.entries);
        self.output.write(&self.header, &self.entries)?;
        let summary = self.summary();
        match self.format {
            Format::Text => self.progress.print(&summary)?,
            Format::Json => self.progress.tell(&summary),
            Format::Junit => {
                self.progress.tell(&summary);
                self.progress.print(&junit::document(&self.header, &self.entries))?;
            }
        }
        let graded = self.count(Mark::is_graded);
        Ok(if graded == self.planned { PASSED } else { UNAVAILABLE })
    }

    fn summary(&self) -> String {
        let (took, done) = (self.start.elapsed().as_secs_f64(), self.entries.len());
        let fresh = done - self.reused;
        let each = if fresh == 0 { 0.0 } else { took / fresh as f64 };
        let mut text = format!(
            "\n{}\n{done} of {} results of {} submissions in {took:.1} s, {each:.2} s a result",
            counts(&self.entries),
            self.planned,
            self.left.len(),
        );
        if self.reused > 0 {
            text += &format!("; {} were there already", self.reused);
        }
        text += &format!("\nIn {}: {FILES}\n", self.output.path().display());
        let not_graded = done - self.count(Mark::is_graded);
        if done < self.planned || not_graded > 0 {
            text += "Not everything is graded: --resume does what is missing.\n";
        }
        text
    }
}

/// What is written.
pub(super) const FILES: &str = "results.csv, totals.csv, results.json, junit.xml, reports/";

/// `2 pass, 1 fail, 1 refused`
pub(super) fn counts(entries: &[Entry]) -> String {
    let count = |mark| entries.iter().filter(|entry| entry.row.verdict == mark).count();
    let counted = Mark::ALL.iter().map(|mark| (count(*mark), mark.name()));
    let some = counted.enumerate().filter(|(place, (count, _))| *place == 0 || *count > 0);
    some.map(|(_, (count, name))| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
}

fn brief(entry: &Entry) -> String {
    let row = &entry.row;
    let stage = row.stage.as_ref().map_or(String::new(), |stage| format!(" at {stage}"));
    format!("{} {}{stage}", row.task, row.verdict.name())
}
