//! Where a value came from: back through moves, spills, fills, arithmetic, calls and tests.

use super::{
    op::Memory,
    path::Path,
    trace::Trace,
    value::{Range, Value},
};

/// A link of the chain, at an instruction of the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) at: usize,
    pub(crate) what: String,
}

/// Where the chain begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begin<'a> {
    /// A helper or kfunc returned it.
    Returned { by: &'a str, at: usize },
    /// It was read from memory through a pointer.
    Read { memory: Memory, through: Option<Value<'a>>, at: usize },
    /// The program wrote this number.
    Constant { at: usize },
    /// The address of a map, a global variable or a function.
    Address { at: usize },
    /// A parameter of the program or of the function that is checked.
    Parameter(u8),
    /// A call took it away: r1 to r5 do not outlive one.
    Clobbered { by: &'a str, at: usize },
    /// Nothing ever set it.
    Unset,
    /// Calculated from more than one value.
    Computed { at: usize },
    /// The log does not say, or this crate does not follow.
    Unknown,
}

/// The way of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin<'a> {
    pub(crate) begin: Begin<'a>,
    /// In the order of the path.
    pub(crate) links: Vec<Link>,
    /// What was added to a pointer on the way: the register and where.
    pub(crate) added: Vec<(u8, usize)>,
    /// Whether arithmetic on the way makes it another number than the C variable, such as the bytes of
    /// an index.
    pub(crate) scaled: bool,
}

impl<'a> Origin<'a> {
    /// Follows what `register` holds before the instruction at `at`.
    pub(crate) fn of(path: &Path<'a>, at: usize, register: u8) -> Self {
        let depth = path.walks.get(at).map_or(0, |walk| walk.depth);
        let mut trace = Trace::new(path, register, depth);
        let begin = trace.run(at);
        trace.links.reverse();
        shorten(&mut trace.links);
        Self { begin, links: trace.links, added: trace.added, scaled: trace.scaled }
    }

    /// Where in the path the value began to be.
    pub(crate) fn at(&self) -> Option<usize> {
        match self.begin {
            Begin::Returned { at, .. }
            | Begin::Read { at, .. }
            | Begin::Constant { at }
            | Begin::Address { at }
            | Begin::Clobbered { at, .. }
            | Begin::Computed { at } => Some(at),
            Begin::Parameter(_) | Begin::Unset | Begin::Unknown => None,
        }
    }
}

/// A chain of a loop can be endless; its two ends tell the most.
const LINKS: usize = 8;

fn shorten(links: &mut Vec<Link>) {
    links.dedup();
    if links.len() > LINKS {
        links.drain(2..links.len() - (LINKS - 2));
    }
}

/// `1 byte`, `8 bytes`.
pub(crate) fn plural(count: i64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// `7`, or `0 to 16`.
pub(crate) fn span(range: Range) -> String {
    if range.low == range.high {
        range.low.to_string()
    } else {
        format!("{} to {}", range.low, range.high)
    }
}
