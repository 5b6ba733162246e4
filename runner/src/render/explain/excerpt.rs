//! Source lines with numbers, bars and carets.

use colored::Colorize;
use verifier_log::explain::Place;

use super::{WIDTH, wrap};
use crate::refusal::Refusal;

/// The layout of one refusal: how wide the line numbers are.
pub(super) struct Excerpt {
    margin: usize,
}

impl Excerpt {
    pub(super) fn of(refusal: &Refusal) -> Self {
        let chain = refusal.explanation.iter().flat_map(|explanation| &explanation.chain);
        let places = refusal.place.iter().chain(chain.filter_map(|step| step.place.as_ref()));
        let widest = places.filter_map(|place| place.line).max().unwrap_or(0);
        Self { margin: widest.to_string().len() }
    }

    fn bar(&self, number: &str) -> String {
        format!("{} {}", format!("{number:>width$}", width = self.margin).blue(), "|".blue())
    }

    /// The line at fault with carets below; without a known line, the instruction.
    pub(super) fn source(&self, refusal: &Refusal) -> String {
        let indent = " ".repeat(self.margin);
        let at = refusal.insn.map(|insn| match &refusal.instruction {
            Some(instruction) => format!("{insn}: {instruction}"),
            None => format!("instruction {insn}"),
        });
        let Some(place) = &refusal.place else {
            return at.map_or(String::new(), |at| {
                format!("{indent}{} {}\n{}\n", "-->".blue(), at, self.bar(""))
            });
        };
        let mut text = String::new();
        if let Some(file) = &place.file {
            let line = place.line.map_or(String::new(), |line| format!(":{line}"));
            let column = place.column.map_or(String::new(), |column| format!(":{column}"));
            text += &format!("{indent}{} {file}{line}{column}\n", "-->".blue());
        }
        text += &format!("{}\n", self.bar(""));
        text += &self.line(place);
        let (skip, carets) = underline(place);
        let mark = format!("{}{}", " ".repeat(skip), "^".repeat(carets)).red().bold();
        let at = at.unwrap_or_default();
        text + &format!("{} {mark} {}\n", self.bar(""), at.red()) + &format!("{}\n", self.bar(""))
    }

    /// `11 | *seen += 1;`
    pub(super) fn line(&self, place: &Place) -> String {
        let number = place.line.map_or(String::new(), |line| line.to_string());
        format!("{} {}\n", self.bar(&number), place.text)
    }

    /// A remark below a line.
    pub(super) fn remark(&self, what: &str) -> String {
        let mut mark = "^ ";
        let mut text = String::new();
        for line in wrap(what, WIDTH - self.margin) {
            text += &format!("{}   {}{line}\n", self.bar(""), mark.green());
            mark = "  ";
        }
        text
    }

    /// ` = note: …`
    pub(super) fn note(&self, kind: &str, what: &str) -> String {
        let indent = " ".repeat(self.margin);
        let mut lines = wrap(what, WIDTH - kind.len()).into_iter();
        let first = lines.next().unwrap_or_default();
        let mut text = format!("{indent} {} {}: {first}\n", "=".blue(), kind.bold());
        let deeper = " ".repeat(self.margin + kind.len() + 5);
        for line in lines {
            text += &format!("{deeper}{line}\n");
        }
        text
    }

    /// A line of code to write.
    pub(super) fn code(&self, code: &str) -> String {
        let code = code.replace('\t', "        ");
        format!("{} {} {code}\n", self.bar(""), "+".green())
    }
}

/// How much of the line is left out, and how many carets there are: the word at the column, or all of the
/// line where no column is known.
fn underline(place: &Place) -> (usize, usize) {
    let length = place.text.chars().count().max(1);
    // The kernel's report counts a tab as one column, as compilers do; without the object the
    // indentation is not known, and so the column says nothing.
    let (Some(column), Some(indent)) = (place.column, place.indent) else { return (0, length) };
    let skip = usize::try_from(column.saturating_sub(1).saturating_sub(indent)).unwrap_or(0);
    if skip >= length {
        return (0, length);
    }
    let rest = place.text.chars().skip(skip);
    let word = rest.take_while(|c| c.is_alphanumeric() || *c == '_').count();
    (skip, word.max(1))
}
