//! Why the verifier refused a program: its log, read and explained, with the source line beside it.

use verifier_log::explain::{Explanation, Lines, Place, Step, Suggestion, explain, place};
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
    /// That instruction in the kernel's notation.
    pub instruction: Option<String>,
    /// The register that the message names.
    pub register: Option<u8>,
    /// The source line of that instruction.
    pub source: Option<SourceLine>,
    /// The same line as the log and the object have it, with its column; also without an object.
    pub place: Option<Place>,
    /// What it means, where it comes from, and what to change; `None` for a message that is not known.
    pub explanation: Option<Explanation>,
    /// The kernel's own report, from 7.3 on.
    pub kernel_report: Option<KernelReport>,
    /// The lines of the log around the deciding one, that one included.
    pub context: Vec<String>,
    /// The whole log.
    pub log: String,
}

/// What the kernel itself says of the refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelReport {
    /// What is wrong, in a few words.
    pub problem: String,
    /// Why.
    pub reason: Option<String>,
    /// What to do.
    pub suggestion: Option<String>,
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
        framing::split(stderr)
            .into_iter()
            .find_map(|program| Self::read(program.program, program.log, table.as_ref()))
    }

    /// Reads one log; `None` if it refuses nothing.
    pub fn read(program: &str, log: &str, table: Option<&LineTable>) -> Option<Self> {
        let parsed = Log::parse(log);
        let failure = parsed.failure()?;
        let lines = table.map(|table| Lines { table, program });
        let location =
            failure.insn.and_then(|insn| table?.lookup_program(program, insn)).map(|found| {
                SourceLine {
                    file: found.file.to_string(),
                    line: found.line,
                    text: printable(found.text.trim()),
                }
            });
        let report = failure.report.as_ref().map(|report| KernelReport {
            problem: printable(report.problem),
            reason: report.reason().as_deref().map(printable),
            suggestion: report.suggestion().as_deref().map(printable),
        });
        Some(Self {
            program: printable(program),
            message: printable(failure.message),
            details: failure.details.iter().map(|line| printable(line)).collect(),
            category: failure.category,
            insn: failure.insn,
            instruction: failure.instruction.map(printable),
            register: failure.register,
            source: location,
            place: place(&parsed, &failure, lines).map(printable_place),
            explanation: explain(&parsed, &failure, lines).map(printable_explanation),
            kernel_report: report,
            context: failure.context.iter().map(|i| printable(i.raw.trim_end())).collect(),
            log: log.lines().map(|line| printable(line) + "\n").collect(),
        })
    }
}

fn printable_place(place: Place) -> Place {
    Place { file: place.file.as_deref().map(printable), text: printable(&place.text), ..place }
}

fn printable_explanation(explanation: Explanation) -> Explanation {
    let step = |step: Step| Step {
        instruction: printable(&step.instruction),
        place: step.place.map(printable_place),
        what: printable(&step.what),
        ..step
    };
    let lines = |code: String| code.lines().map(printable).collect::<Vec<_>>().join("\n");
    let suggestion = |suggestion: Suggestion| Suggestion {
        text: printable(&suggestion.text),
        code: suggestion.code.map(lines),
    };
    Explanation {
        title: printable(&explanation.title),
        meaning: printable(&explanation.meaning),
        chain: explanation.chain.into_iter().map(step).collect(),
        suggestion: explanation.suggestion.map(suggestion),
        ..explanation
    }
}
