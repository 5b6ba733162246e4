//! One JSON object for one run of one lab.

use microvm::TroubleKind;
use serde::Serialize;

use crate::compare::plain;
use crate::error::Error;
use crate::judge::Verdict;
use crate::outcome::Outcome;
use crate::record::recorded;
use crate::render::explain;
use crate::report::Report;
use crate::stage::Stage;

/// The object. Its fields are part of the interface: they may be added to, and keep their meaning.
#[derive(Debug, Serialize)]
struct Object<'a> {
    lab: &'a str,
    #[serde(rename = "break")]
    break_name: Option<&'a str>,
    /// The exercise that it is about.
    exercise: Option<&'a str>,
    /// Whether the course's own solution was put in.
    solution: bool,
    engine: &'a str,
    /// What the kernel was asked for by, where a run is one of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    series: Option<&'a str>,
    kernel: Option<&'a str>,
    verdict: &'static str,
    /// What failed, or what this machine lacks.
    message: Option<String>,
    /// The stage in which it failed or hung.
    stage: Option<Stage>,
    stages: Vec<StageObject>,
    /// What it printed, normalised; this is what the expected output is compared with.
    output: Option<&'a str>,
    /// What a snapshot of this run holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<String>,
    diff: Option<String>,
    /// What the lab said when it gave up.
    error: Option<&'a str>,
    /// clang's warnings, or why it does not compile.
    clang: Option<&'a str>,
    verifier: Option<VerifierObject<'a>>,
    /// The known mistake that the learner's program fails like.
    recognised: Option<&'a str>,
    skipped_reason: Option<&'a str>,
    /// What the micro-VM's kernel complained of while the lab ran.
    trouble: Option<TroubleObject<'a>>,
    /// What to do next.
    hint: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct StageObject {
    name: Stage,
    /// Milliseconds.
    ms: f64,
}

#[derive(Debug, Serialize)]
struct VerifierObject<'a> {
    program: &'a str,
    message: &'a str,
    category: Option<String>,
    file: Option<&'a str>,
    line: Option<u32>,
    insn: Option<u32>,
    register: Option<u8>,
    /// As `labrunner explain --format json` prints it.
    explanation: explain::Object<'a>,
    /// The whole log.
    log: &'a str,
}

#[derive(Debug, Serialize)]
struct TroubleObject<'a> {
    /// `out-of-memory`, `warning`, `lockup`, `bug`, `oops` or `panic`.
    kind: &'static str,
    /// The line that tells.
    line: &'a str,
    /// All that the kernel said about it.
    report: &'a str,
}

/// Renders a report as one line of JSON.
pub fn render(report: &Report) -> String {
    object(report, None)
}

/// The same with the name by which the kernel was asked for, such as `6.1`.
pub fn line(report: &Report, series: &str) -> String {
    object(report, Some(series))
}

fn object(report: &Report, series: Option<&str>) -> String {
    let (verdict, message, stage, diff) = match &report.verdict {
        Verdict::Pass => ("pass", None, None, None),
        Verdict::Fail(failure) => (
            "fail",
            Some(failure.message.clone()),
            Some(failure.stage),
            failure.diff.as_deref().map(plain),
        ),
        Verdict::Skipped(_) => ("skipped", None, None, None),
        Verdict::Environment(unable) => ("environment", Some(unable.problem.clone()), None, None),
        Verdict::Timeout { stage, after } => (
            "timeout",
            Some(format!("still running after {:.1} s", after.as_secs_f64())),
            Some(*stage),
            None,
        ),
    };
    let object = Object {
        lab: &report.lab,
        break_name: report.attempt.as_ref().and_then(|attempt| attempt.broken.as_deref()),
        exercise: report.attempt.as_ref().and_then(|attempt| attempt.exercise.as_deref()),
        solution: report.attempt.as_ref().is_some_and(|attempt| attempt.solution),
        engine: report.engine,
        series,
        kernel: report.kernel.as_deref(),
        verdict,
        message,
        stage,
        stages: report
            .stages
            .iter()
            .map(|timing| StageObject { name: timing.stage, ms: milliseconds(timing.took) })
            .collect(),
        output: match &report.outcome {
            Some(Outcome::Printed(text)) => Some(text),
            _ => None,
        },
        recorded: report.attempt.as_ref().and_then(|_| recorded(report)),
        diff,
        error: match &report.outcome {
            Some(Outcome::Failed { message, .. }) => Some(message),
            _ => None,
        },
        clang: match &report.outcome {
            Some(Outcome::DoesNotCompile(words)) => Some(words.as_str()),
            _ => Some(report.warnings.as_str()).filter(|words| !words.is_empty()),
        },
        verifier: verifier(report),
        recognised: report.recognised.as_ref().map(|known| known.name.as_str()),
        skipped_reason: match &report.verdict {
            Verdict::Skipped(reason) => Some(reason),
            _ => None,
        },
        trouble: report.trouble.as_ref().map(|trouble| TroubleObject {
            kind: kind_name(trouble.kind),
            line: &trouble.line,
            report: &trouble.report,
        }),
        hint: match &report.verdict {
            Verdict::Environment(unable) => Some(&unable.fix),
            _ => report.recognised.as_ref().map(|known| &known.why).or(report.hint.as_ref()),
        }
        .map(String::as_str),
    };
    serde_json::to_string(&object).expect("a report has no maps with keys that JSON forbids")
}

/// Renders what kept a run from starting.
pub fn error(error: &Error) -> String {
    format!("{}\n", error_object(error))
}

/// Renders why a kernel could not be added.
pub fn kernel_error(series: &str, error: &Error) -> String {
    let mut object = error_object(error);
    object["series"] = series.into();
    format!("{object}\n")
}

fn error_object(error: &Error) -> serde_json::Value {
    let (verdict, message, hint) = match error {
        Error::Environment(unable) => ("environment", unable.problem.clone(), Some(&unable.fix)),
        Error::Build(message) => ("fail", message.clone(), None),
        Error::Usage(message) => ("usage", message.clone(), None),
    };
    serde_json::json!({ "verdict": verdict, "message": message, "hint": hint })
}

fn kind_name(kind: TroubleKind) -> &'static str {
    match kind {
        TroubleKind::OutOfMemory => "out-of-memory",
        TroubleKind::Warning => "warning",
        TroubleKind::Lockup => "lockup",
        TroubleKind::Bug => "bug",
        TroubleKind::Oops => "oops",
        TroubleKind::Panic => "panic",
        _ => "other",
    }
}

fn milliseconds(duration: std::time::Duration) -> f64 {
    (duration.as_secs_f64() * 1e5).round() / 1e2
}

fn verifier(report: &Report) -> Option<VerifierObject<'_>> {
    let Some(Outcome::Failed { refusal: Some(refusal), .. }) = &report.outcome else { return None };
    Some(VerifierObject {
        program: &refusal.program,
        message: &refusal.message,
        category: refusal.category.map(|category| category.to_string()),
        file: refusal.source.as_ref().map(|source| source.file.as_str()),
        line: refusal.source.as_ref().map(|source| source.line),
        insn: refusal.insn,
        register: refusal.register,
        explanation: explain::Object::new(refusal),
        log: &refusal.log,
    })
}
