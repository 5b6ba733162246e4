//! A whole log.

use crate::{
    failure::Failure,
    item::{Item, Kind},
    line,
    report::{Reader, Report},
    scan,
    statistics::Statistics,
};

/// A verifier log, taken apart without losing a byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log<'a> {
    text: &'a str,
    items: Vec<Item<'a>>,
}

impl<'a> Log<'a> {
    /// Takes a log apart. Every text is a log, if only of [`Kind::Unknown`] and
    /// [`Kind::Error`] lines; takes time in proportion to its length.
    pub fn parse(text: &'a str) -> Self {
        // One item a line, and a few more: growing would take twice the memory for a moment.
        let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count();
        let mut items = Vec::with_capacity(lines + lines / 64 + 2);
        let mut reader = Reader::default();
        let mut start = 0;
        let ends = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        for (number, end) in (1..).zip(ends.chain([text.len()])) {
            let raw = &text[start..end];
            if raw.is_empty() {
                break; // the text ends with a line end
            }
            let line = raw.strip_suffix('\n').unwrap_or(raw);
            let line = line.strip_suffix('\r').unwrap_or(line);
            let mut push = |from: usize, to: usize, kind| {
                items.push(Item { raw: &raw[from..to], start: start + from, line: number, kind });
            };
            if let Some(reported) = reader.read(line) {
                push(0, raw.len(), Kind::Report(reported));
            } else {
                let [first, second] = line::parse(line);
                let split = second.map_or(raw.len(), |(at, _)| at);
                first.into_iter().for_each(|(_, kind)| push(0, split, kind));
                second.into_iter().for_each(|(at, kind)| push(at, raw.len(), kind));
            }
            start += raw.len();
        }
        mark_errors(&mut items);
        Self { text, items }
    }

    /// The pieces in order.
    pub fn items(&self) -> &[Item<'a>] {
        &self.items
    }

    /// The log as it came.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The counters at the end; `None` if the log breaks off before them.
    pub fn statistics(&self) -> Option<Statistics> {
        Statistics::of(self)
    }

    /// The kernel's own report, from 7.3 on.
    pub fn report(&self) -> Option<Report<'a>> {
        Report::of(self.text, &self.items)
    }

    /// What the verifier refuses; `None` if it refuses nothing.
    pub fn failure(&self) -> Option<Failure<'a>> {
        Failure::of(self)
    }
}

/// Text that has no form of its own is error text if it comes after the last instruction and before
/// the counters. Texts between instructions are remarks that did not stop the verifier.
fn mark_errors(items: &mut [Item<'_>]) {
    let last = items.iter().rposition(|item| matches!(item.kind, Kind::Instruction(_)));
    for item in items.iter_mut().skip(last.map_or(0, |last| last + 1)) {
        match item.kind {
            // `12: (8`: the log breaks off in the middle of an instruction.
            Kind::Unknown(text) if scan::index(text).is_some_and(|(_, at)| at.starts_with(':')) => {
            }
            Kind::Unknown(text) => item.kind = Kind::Error(text.trim_end()),
            Kind::Statistics(_) => break,
            _ => {}
        }
    }
}
