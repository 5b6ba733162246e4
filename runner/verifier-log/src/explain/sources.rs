//! The source lines of instructions: from the object if there is one, else as the log quotes them.

use super::{Lines, Place, Step, origin::Link, path::Path};
use crate::{failure::Failure, item::Item, locate};

pub(crate) struct Sources<'s, 'a> {
    items: &'s [Item<'a>],
    lines: Option<Lines<'s>>,
}

impl<'s, 'a> Sources<'s, 'a> {
    pub(crate) fn new(items: &'s [Item<'a>], lines: Option<Lines<'s>>) -> Self {
        Self { items, lines }
    }

    pub(crate) fn place(&self, path: &Path<'a>, at: usize) -> Option<Place> {
        let walk = path.walks.get(at)?;
        self.looked_up(walk.insn).or_else(|| {
            let source = locate::source(self.items, walk.item)?;
            Some(quoted(source.text, source.file, source.line))
        })
    }

    pub(crate) fn of_failure(&self, failure: &Failure<'_>) -> Option<Place> {
        failure.insn.and_then(|insn| self.looked_up(insn)).or_else(|| {
            let source = failure.source?;
            let at = failure.report.as_ref().and_then(|report| report.at());
            let column = at.filter(|at| at.line == source.line).and_then(|at| at.column);
            Some(Place { column, ..quoted(source.text, source.file, source.line) })
        })
    }

    pub(crate) fn step(&self, path: &Path<'a>, link: &Link) -> Step {
        let walk = path.walks[link.at];
        Step {
            insn: walk.insn,
            instruction: walk.text.to_owned(),
            place: self.place(path, link.at),
            what: link.what.clone(),
            item: walk.item,
        }
    }

    fn looked_up(&self, insn: u32) -> Option<Place> {
        let Lines { table, program } = self.lines?;
        let found = table.lookup_program(program, insn)?;
        Some(Place {
            file: Some(found.file.to_owned()),
            line: Some(found.line),
            column: Some(found.column),
            indent: Some(found.indent),
            text: found.text.to_owned(),
        })
    }
}

fn quoted(text: &str, file: Option<&str>, line: Option<u32>) -> Place {
    Place { file: file.map(str::to_owned), line, column: None, indent: None, text: text.to_owned() }
}
