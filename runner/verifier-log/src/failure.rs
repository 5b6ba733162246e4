//! What a log says about a refused program.

use crate::{
    category::Category,
    classify::{classify, is_afterword},
    item::{Item, Kind, ReportLine},
    locate,
    log::Log,
    report::Report,
    scan,
};

/// Why a program is refused, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure<'a> {
    /// The line that decides: `R0 invalid mem access 'map_value_or_null'`.
    pub message: &'a str,
    /// The other error lines, in order. Often they carry the numbers:
    /// `invalid access to map value, value_size=16 off=16 size=1`.
    pub details: Vec<&'a str>,
    /// The instruction at fault; `None` if it is the program as a whole, or the log does not tell.
    ///
    /// Counts from the program's first instruction; those of static and global functions follow the
    /// program's own ([`LineTable::lookup_program`](crate::source::LineTable::lookup_program)).
    pub insn: Option<u32>,
    /// That instruction in the kernel's notation, without operation code.
    pub instruction: Option<&'a str>,
    /// Its source line, as far as the log tells it for certain.
    pub source: Option<SourceRef<'a>>,
    /// The register that the message names first.
    pub register: Option<u8>,
    /// The kind of rule broken: the kernel's word where its report has one, else judged by the
    /// message; `None` for messages that this crate does not know.
    pub category: Option<Category>,
    /// The kernel's own report, from 7.3 on.
    pub report: Option<Report<'a>>,
    /// The lines to show for this failure: from the source line on to the last error line.
    pub context: Vec<Item<'a>>,
    /// Where the failing instruction is among the log's items, if it was walked.
    pub item: Option<usize>,
}

/// A source line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceRef<'a> {
    /// The line without indentation.
    pub text: &'a str,
    /// File name, where the log gives it (from 6.10 on).
    pub file: Option<&'a str>,
    /// Line number from 1, where the log gives it (from 6.10 on).
    pub line: Option<u32>,
}

/// How many lines before the failing instruction a context has at least.
const CONTEXT_BEFORE: usize = 6;

/// How many error lines are looked up; the verifier prints three at most.
pub(crate) const ERRORS: usize = 32;

impl<'a> Failure<'a> {
    pub(crate) fn of(log: &Log<'a>) -> Option<Self> {
        let report = log.report();
        let errors = errors(log.items());
        let deciding = deciding(log.items(), &errors);
        let message = match (deciding, &report) {
            (Some(at), _) => errors[at].1,
            (None, Some(report)) => report.problem,
            (None, None) => return None,
        };
        let others = errors.iter().enumerate().filter(|(at, _)| Some(*at) != deciding);
        let details: Vec<_> = others.map(|(_, (_, text))| *text).collect();

        let reported = report.as_ref().and_then(|report| report.category);
        let named = [message].into_iter().chain(details.iter().copied()).take(ERRORS);
        let category = reported.or_else(|| named.clone().find_map(classify));
        let place = locate::place(log.items(), message, report.as_ref());
        Some(Self {
            message,
            item: place.item,
            insn: place.insn,
            instruction: place.instruction,
            source: place.source,
            register: named.clone().find_map(scan::register),
            category,
            context: context(log.items(), place.item, errors.last().map(|(at, _)| *at)),
            details,
            report,
        })
    }

    /// All error lines in the order printed, the deciding one among them.
    pub fn lines(&self) -> impl Iterator<Item = &'a str> + '_ {
        let texts = self.context.iter().filter_map(|item| match item.kind {
            Kind::Error(text) => Some(text),
            _ => None,
        });
        let problem = self.context.is_empty().then_some(self.message);
        texts.chain(problem)
    }
}

/// Error texts with their places.
fn errors<'a>(items: &[Item<'a>]) -> Vec<(usize, &'a str)> {
    let text = |(at, item): (usize, &Item<'a>)| match item.kind {
        Kind::Error(text) => Some((at, text)),
        _ => None,
    };
    items.iter().enumerate().filter_map(text).collect()
}

/// The verifier goes from the detail to the rule that it breaks, so the last line decides, but for
/// a report, which follows the line that it is about, and for remarks that only sum up.
fn deciding(items: &[Item<'_>], errors: &[(usize, &str)]) -> Option<usize> {
    let header = items
        .iter()
        .position(|item| matches!(item.kind, Kind::Report(ReportLine::Header { .. })))
        .unwrap_or(items.len());
    let before = errors.iter().rposition(|&(at, text)| at < header && !is_afterword(text));
    before
        .or_else(|| errors.iter().rposition(|(_, text)| !is_afterword(text)))
        .or_else(|| errors.len().checked_sub(1))
}

fn context<'a>(items: &[Item<'a>], insn: Option<usize>, last: Option<usize>) -> Vec<Item<'a>> {
    let Some(last) = last else { return Vec::new() };
    let first = items[..=last].iter().position(|item| matches!(item.kind, Kind::Error(_)));
    let insn = insn.or(first).unwrap_or(last).min(last);
    let source = items[..=insn].iter().rposition(|item| matches!(item.kind, Kind::Source(_)));
    let near = insn.saturating_sub(CONTEXT_BEFORE);
    // A source line far away belongs to a long stretch of code: then the nearest lines do.
    let from = match source {
        Some(source) if near - source.min(near) <= CONTEXT_BEFORE => source.min(near),
        _ => near,
    };
    let shown = items[from..=last].iter().filter(|item| {
        !matches!(
            item.kind,
            Kind::Precision(_) | Kind::Blank | Kind::Analysis(_) | Kind::Report(_) | Kind::Note(_)
        )
    });
    shown.copied().collect()
}
