//! The report that 7.3 and later add to the log (`kernel/bpf/diagnostics.c`).
//!
//! ```text
//! Verification failed: Register Type Safety: Invalid dereference
//!
//! Reason:
//!   R0 may be NULL here (a nullable map value pointer). …
//!
//! At:
//!   count_calls @ hello.bpf.c:6:8
//!   Source context:
//!       5 |         __u64 *seen = bpf_map_lookup_elem(&runs, &key);
//!   >>> 6 |         *seen += 1;
//!         |         ^-- error: invalid dereference of R0 (a nullable map value pointer)
//!   Instruction context:
//!   >>>  7 | (79) r1 = *(u64 *)(r0 +0)
//! ```

use crate::{
    category::Category,
    item::{Item, Kind, ReportLine},
    scan,
};

/// The kernel's own account of a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report<'a> {
    /// The category, if it is one of the nine.
    pub category: Option<Category>,
    /// The category as printed.
    pub category_text: &'a str,
    /// What is wrong, in a few words.
    pub problem: &'a str,
    /// `Reason`, `At`, `Causal path`, `Suggestion`, in the order printed.
    pub sections: Vec<Section<'a>>,
}

/// A titled part of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section<'a> {
    /// The title without its colon.
    pub title: &'a str,
    /// The lines below it, as they are: indented by two.
    pub text: &'a str,
}

/// The place that a report blames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct At<'a> {
    /// The C function.
    pub function: Option<&'a str>,
    /// File name.
    pub file: Option<&'a str>,
    /// Line number, from 1.
    pub line: Option<u32>,
    /// Column, from 1.
    pub column: Option<u32>,
    /// The source line, tabs expanded and cut to the kernel's width.
    pub source: Option<&'a str>,
    /// The instruction.
    pub insn: Option<u32>,
    /// The instruction in the kernel's notation: `(79) r1 = *(u64 *)(r0 +0)`.
    pub instruction: Option<&'a str>,
}

impl<'a> Report<'a> {
    /// Puts the lines of a report together; `None` if the log has none.
    pub(crate) fn of(text: &'a str, items: &[Item<'a>]) -> Option<Self> {
        let mut report: Option<Self> = None;
        let mut open: Option<(&'a str, usize)> = None;
        let mut end = 0;
        for item in items {
            let Kind::Report(line) = item.kind else { continue };
            match line {
                ReportLine::Header { category, problem } if report.is_none() => {
                    report = Some(Self {
                        category: category.parse().ok(),
                        category_text: category,
                        problem,
                        sections: Vec::new(),
                    });
                }
                ReportLine::Header { .. } => break,
                ReportLine::Section(title) => {
                    if let (Some(report), Some((title, start))) = (&mut report, open) {
                        report.sections.push(Section::new(title, &text[start..end]));
                    }
                    open = Some((title, item.start + item.raw.len()));
                }
                ReportLine::Text(_) => {}
            }
            end = item.start + item.raw.len();
        }
        if let (Some(report), Some((title, start))) = (&mut report, open) {
            report.sections.push(Section::new(title, &text[start..end]));
        }
        report
    }

    /// The lines of a section by its title, for example `Suggestion`.
    pub fn section(&self, title: &str) -> Option<&'a str> {
        self.sections.iter().find(|section| section.title == title).map(|section| section.text)
    }

    /// The reason as one line of prose.
    pub fn reason(&self) -> Option<String> {
        self.section("Reason").map(unwrap)
    }

    /// The suggestion as one line of prose.
    pub fn suggestion(&self) -> Option<String> {
        self.section("Suggestion").map(unwrap)
    }

    /// The place blamed.
    pub fn at(&self) -> Option<At<'a>> {
        let mut lines = self.section("At")?.lines();
        let mut at = place(lines.next()?.trim());
        let mut in_instructions = false;
        for line in lines {
            let line = line.trim();
            in_instructions |= line == "Instruction context:";
            let Some((number, text)) = marked(line) else { continue };
            if in_instructions {
                at.insn = Some(number);
                at.instruction = Some(text);
            } else {
                at.source = Some(text);
            }
        }
        Some(at)
    }
}

impl<'a> Section<'a> {
    fn new(title: &'a str, text: &'a str) -> Self {
        Self { title, text: text.trim_end() }
    }
}

/// `count_calls @ hello.bpf.c:6:8`, without a function's name `hello.bpf.c:6:8`, and `insn 7` for
/// a program that has no line information.
fn place(text: &str) -> At<'_> {
    if let Some(insn) = text.strip_prefix("insn ") {
        return At { insn: scan::index(insn).map(|(insn, _)| insn), ..At::default() };
    }
    let (function, rest) = match text.split_once(" @ ") {
        Some((function, rest)) => (Some(function), rest),
        None => (None, text),
    };
    let mut parts = rest.rsplitn(3, ':');
    let mut number = || parts.next().and_then(scan::index).map(|(number, _)| number);
    let (column, line) = (number(), number());
    At { function, file: parts.next(), line, column, ..At::default() }
}

/// `>>> 13 |         return s->byte[i];`
fn marked(line: &str) -> Option<(u32, &str)> {
    let (number, rest) = scan::index(line.strip_prefix(">>>")?.trim_start())?;
    Some((number, rest.trim_start().strip_prefix('|')?.trim()))
}

fn unwrap(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// Follows the lines of a report, which carry no mark of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Outside of a report.
    #[default]
    Outside,
    /// In a report.
    Inside,
    /// In the last section, which an empty line ends.
    Suggestion,
}

impl Reader {
    /// Takes the next line; `None` if it is not part of a report.
    pub(crate) fn read<'a>(&mut self, line: &'a str) -> Option<ReportLine<'a>> {
        if let Some(rest) = line.strip_prefix("Verification failed: ") {
            *self = Self::Inside;
            let (category, problem) = rest.split_once(": ").unwrap_or((rest, ""));
            return Some(ReportLine::Header { category: category.trim_end(), problem });
        }
        if *self == Self::Outside {
            return None;
        }
        let title = line.strip_suffix(':').filter(|title| is_title(title));
        if let Some(title) = title {
            *self = if title == "Suggestion" { Self::Suggestion } else { Self::Inside };
            return Some(ReportLine::Section(title));
        }
        let empty = line.is_empty();
        if empty && *self == Self::Suggestion {
            *self = Self::Outside;
            return Some(ReportLine::Text(line));
        }
        if empty || line.starts_with("  ") {
            return Some(ReportLine::Text(line));
        }
        *self = Self::Outside;
        None
    }
}

fn is_title(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_alphabetic() || c == ' ')
}
