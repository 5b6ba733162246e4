//! Why the verifier refused a program: its log, read, with the source line beside it.

use verifier_log::source::LineTable;
use verifier_log::{Category, Log, framing};

/// A program that the verifier refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The program's function.
    pub program: String,
    /// The deciding line of the log.
    pub message: String,
    /// Other error lines of the log.
    pub details: Vec<String>,
    /// The kind of rule that is broken, where it is known.
    pub category: Option<Category>,
    /// Index of the instruction at fault, from the program's first.
    pub insn: Option<u32>,
    /// The register that the message names.
    pub register: Option<u8>,
    /// The source line of that instruction.
    pub source: Option<SourceLine>,
    /// The lines of the log around the deciding one, that one included.
    pub context: Vec<String>,
    /// The whole log.
    pub log: String,
}

/// A line without what could move the cursor or change the terminal: it comes from a source file that
/// anybody may have written.
pub fn printable(line: &str) -> String {
    line.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// A line of the BPF C.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceLine {
    /// The file, relative to the course's root.
    pub file: String,
    /// Line number, from 1.
    pub line: u32,
    /// The line without indentation.
    pub text: String,
}

impl Refusal {
    /// Finds the refusal in what a lab printed on standard error. Source lines come from the object,
    /// since logs name file and line only on newer kernels.
    pub fn find(stderr: &str, object: &[u8]) -> Option<Self> {
        let table = LineTable::from_object(object).ok();
        framing::split(stderr).into_iter().find_map(|program| {
            let log = Log::parse(program.log);
            let text = |text: &str| printable(text);
            let failure = log.failure()?;
            let location = failure
                .insn
                .and_then(|insn| table.as_ref()?.lookup_program(program.program, insn))
                .map(|found| SourceLine {
                    file: found.file.to_string(),
                    line: found.line,
                    text: text(found.text.trim()),
                });
            Some(Self {
                program: program.program.to_string(),
                message: text(failure.message),
                details: failure.details.iter().map(|line| text(line)).collect(),
                category: failure.category,
                insn: failure.insn,
                register: failure.register,
                source: location,
                context: failure.context.iter().map(|i| text(i.raw.trim_end())).collect(),
                log: program.log.lines().map(|line| text(line) + "\n").collect(),
            })
        })
    }
}
