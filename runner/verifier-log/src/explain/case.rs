//! One failure, with all that a family may ask of it.

use super::{
    Place,
    capture::Captures,
    names,
    op::{Memory, Op},
    origin::{Begin, Origin},
    path::{Path, Walk},
    sources::Sources,
    value::Value,
};
use crate::{failure::Failure, scan};

pub(crate) struct Case<'c, 'a> {
    pub(crate) message: &'a str,
    captures: Captures<'a>,
    failure: &'c Failure<'a>,
    pub(crate) path: &'c Path<'a>,
    sources: &'c Sources<'c, 'a>,
}

impl<'c, 'a> Case<'c, 'a> {
    pub(crate) fn new(
        message: &'a str,
        captures: Captures<'a>,
        failure: &'c Failure<'a>,
        path: &'c Path<'a>,
        sources: &'c Sources<'c, 'a>,
    ) -> Self {
        Self { message, captures, failure, path, sources }
    }

    /// The text in a gap of the pattern.
    pub(crate) fn text(&self, name: &str) -> &'a str {
        self.captures.text(name)
    }

    /// The number in a gap of the pattern.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.captures.number(name)
    }

    /// `text` with the gaps filled in.
    pub(crate) fn fill(&self, text: &str) -> String {
        self.captures.fill(text)
    }

    /// The register of the gap `r`, or the first one that any error line names.
    pub(crate) fn register(&self) -> Option<u8> {
        let captured = self.number("r").and_then(|number| u8::try_from(number).ok());
        captured.or_else(|| scan::register(self.message)).or(self.failure.register)
    }

    /// All other error lines.
    pub(crate) fn details(&self) -> impl Iterator<Item = &'a str> + '_ {
        let all = [self.failure.message].into_iter().chain(self.failure.details.iter().copied());
        all.filter(|line| *line != self.message)
    }

    /// Where in the path the failing instruction is.
    pub(crate) fn end(&self) -> Option<usize> {
        self.path.end()
    }

    /// The failing instruction.
    pub(crate) fn walk(&self) -> Option<Walk<'a>> {
        Some(self.path.walks[self.end()?])
    }

    /// The memory that the failing instruction accesses, and whether it writes.
    pub(crate) fn access(&self) -> Option<(Memory, bool)> {
        match self.walk()?.op {
            Op::Load { memory, .. } => Some((memory, false)),
            Op::Store { memory, .. } | Op::Atomic { memory, .. } => Some((memory, true)),
            _ => None,
        }
    }

    /// The helper or kfunc that the failing instruction calls.
    pub(crate) fn callee(&self) -> Option<&'a str> {
        match self.walk()?.op {
            Op::Call(super::op::Callee::Named(name)) => Some(name),
            _ => None,
        }
    }

    /// What a register holds before the failing instruction.
    pub(crate) fn value(&self, register: u8) -> Option<Value<'a>> {
        self.path.value(self.end()?, register)
    }

    /// Where what a register holds at the failing instruction came from.
    pub(crate) fn origin(&self, register: u8) -> Origin<'a> {
        match self.end() {
            Some(end) => Origin::of(self.path, end, register),
            None => Origin {
                begin: Begin::Unknown,
                links: Vec::new(),
                added: Vec::new(),
                scaled: false,
            },
        }
    }

    /// The source line of an instruction of the path.
    pub(crate) fn place(&self, at: usize) -> Option<Place> {
        self.sources.place(self.path, at)
    }

    /// The source text of the failing instruction.
    pub(crate) fn source(&self) -> Option<String> {
        Some(self.place(self.end()?)?.text)
    }

    /// The C variable that a call's result is given to.
    pub(crate) fn variable(&self, origin: &Origin<'_>) -> Option<String> {
        match origin.begin {
            Begin::Returned { by, at } => names::assigned(&self.place(at)?.text, by),
            Begin::Read { at, .. } => names::assigned(&self.place(at)?.text, ""),
            _ => None,
        }
    }
}
