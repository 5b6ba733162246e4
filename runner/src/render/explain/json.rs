//! An explained refusal as one line of JSON.

use serde::Serialize;
use serde_json::{Map, Value};
use verifier_log::explain::{Explanation, known};

use crate::refusal::{KernelReport, Refusal};

/// The object. Its fields are part of the interface: they may be added to, and keep their meaning.
#[derive(Debug, Serialize)]
pub(crate) struct Object<'a> {
    program: Option<&'a str>,
    category: Option<&'static str>,
    /// The kernel's words.
    message: &'a str,
    details: &'a [String],
    /// Ours, in one line; null if the message is not known.
    title: Option<&'a str>,
    meaning: Option<&'a str>,
    insn: Option<u32>,
    instruction: Option<&'a str>,
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
    source: Option<&'a str>,
    register: Option<u8>,
    numbers: Map<String, Value>,
    chain: Vec<StepObject<'a>>,
    suggestion: Option<&'a str>,
    /// The code that the suggestion is about.
    edit: Option<&'a str>,
    /// False too where there is no explanation.
    confident: bool,
    kernel_report: Option<ReportObject<'a>>,
}

#[derive(Debug, Serialize)]
struct StepObject<'a> {
    insn: u32,
    instruction: &'a str,
    line: Option<u32>,
    source: Option<&'a str>,
    what: &'a str,
}

#[derive(Debug, Serialize)]
struct ReportObject<'a> {
    problem: &'a str,
    reason: Option<&'a str>,
    suggestion: Option<&'a str>,
}

impl<'a> Object<'a> {
    pub(crate) fn new(refusal: &'a Refusal) -> Self {
        let explanation = refusal.explanation.as_ref();
        let place = refusal.place.as_ref();
        let suggestion = explanation.and_then(|explanation| explanation.suggestion.as_ref());
        let numbers = explanation.iter().flat_map(|explanation| &explanation.numbers);
        Self {
            program: Some(refusal.program.as_str()).filter(|name| !name.is_empty()),
            category: refusal.category.map(|category| category.name()),
            message: &refusal.message,
            details: &refusal.details,
            title: explanation.map(|explanation| explanation.title.as_str()),
            meaning: explanation.map(|explanation| explanation.meaning.as_str()),
            insn: refusal.insn,
            instruction: refusal.instruction.as_deref(),
            file: place.and_then(|place| place.file.as_deref()),
            line: place.and_then(|place| place.line),
            column: place.and_then(|place| place.column),
            source: place.map(|place| place.text.as_str()),
            register: explanation.and_then(|e| e.register).or(refusal.register),
            numbers: numbers.map(|(name, value)| ((*name).to_owned(), (*value).into())).collect(),
            chain: explanation.map(chain).unwrap_or_default(),
            suggestion: suggestion.map(|suggestion| suggestion.text.as_str()),
            edit: suggestion.and_then(|suggestion| suggestion.code.as_deref()),
            confident: explanation.is_some_and(|explanation| explanation.confident),
            kernel_report: refusal.kernel_report.as_ref().map(report),
        }
    }
}

fn chain(explanation: &Explanation) -> Vec<StepObject<'_>> {
    let steps = explanation.chain.iter().map(|step| StepObject {
        insn: step.insn,
        instruction: &step.instruction,
        line: step.place.as_ref().and_then(|place| place.line),
        source: step.place.as_ref().map(|place| place.text.as_str()),
        what: &step.what,
    });
    steps.collect()
}

fn report(report: &KernelReport) -> ReportObject<'_> {
    ReportObject {
        problem: &report.problem,
        reason: report.reason.as_deref(),
        suggestion: report.suggestion.as_deref(),
    }
}

/// One object and a line end.
pub fn json(refusal: &Refusal) -> String {
    let object = serde_json::to_string(&Object::new(refusal));
    object.expect("it has no keys that JSON forbids") + "\n"
}

/// All known messages, one object a line.
pub fn list_json() -> String {
    let lines = known().map(|row| {
        let object = serde_json::json!({
            "family": row.family,
            "category": row.category.name(),
            "message": row.pattern,
            "explained": row.explained,
        });
        format!("{object}\n")
    });
    lines.collect()
}
