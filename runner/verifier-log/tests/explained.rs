//! Every failure that was measured or recorded is explained.

mod support;

use std::fmt::Write as _;

use support::{Recorded, faults, recorded};
use verifier_log::{
    Log,
    explain::{Explanation, explain},
};

/// The matrix: one fault after the other, with the messages of six kernels.
const MATRIX: &str = include_str!("matrix.txt");

/// The message alone, as the log of a program that fails before its first instruction has it.
fn alone(message: &str) -> Option<Explanation> {
    let log = Log::parse(message);
    explain(&log, &log.failure()?, None)
}

/// Messages of a cell: `invalid access to map value, … | R2 max value is …`.
fn messages(cell: &str) -> Vec<&str> {
    let noise = |text: &&str| {
        // Pieces of state and source that the measurement took for messages, and libbpf's summary.
        !text.is_empty()
            && *text != "LOADED OK"
            && !text.contains(" ; R2_w=")
            && !text.starts_with("fffffff,")
            && !text.starts_with("(u64 i=0;")
            && !text.starts_with("Verification failed: ")
    };
    cell.split(" | ").map(str::trim).filter(noise).collect()
}

#[test]
fn every_cell_of_the_matrix_is_explained() {
    let (mut explained, mut fault) = (0, "");
    for line in MATRIX.lines() {
        let Some((kernels, cell)) = line.strip_prefix("  ").and_then(|l| l.split_once(" :: "))
        else {
            fault = line;
            continue;
        };
        let messages = messages(cell);
        if messages.is_empty() {
            continue;
        }
        let found: Vec<_> = messages
            .iter()
            .filter_map(|message| {
                let message = message.trim_start_matches("[libbpf] ");
                alone(message.trim_start_matches("libbpf: "))
            })
            .collect();
        assert!(!found.is_empty(), "{fault} on {kernels}: {cell}");
        explained += 1;
    }
    assert!(explained > 200, "only {explained} cells");
}

fn show(explanation: &Explanation) -> String {
    let mut text = format!("{} [{}]", explanation.title, explanation.category);
    if !explanation.confident {
        text += " (unsure)";
    }
    let mut line = |indent: &str, what: &str| {
        write!(text, "\n    {indent}{}", what.replace('\n', "\n    ")).expect("a string takes all");
    };
    if !explanation.meaning.is_empty() {
        line("", &explanation.meaning);
    }
    let numbers: Vec<_> =
        explanation.numbers.iter().map(|(name, n)| format!("{name}={n}")).collect();
    if !numbers.is_empty() {
        line("numbers: ", &numbers.join(" "));
    }
    for step in &explanation.chain {
        let source = step.place.as_ref().map_or(String::new(), |place| {
            let number = place.line.map_or(String::new(), |line| format!("{line}: "));
            format!("   `{number}{}`", place.text)
        });
        line("- ", &format!("{}: {}{source}", step.insn, step.what));
    }
    if let Some(suggestion) = &explanation.suggestion {
        line("help: ", &suggestion.text);
        if let Some(code) = &suggestion.code {
            line("", code);
        }
    }
    text + "\n"
}

/// What is said of each log, kernels of which the same is said together.
fn table(logs: Vec<Recorded>, wanted: impl Fn(&str) -> bool) -> String {
    let mut rows: Vec<(String, Vec<&str>, String)> = Vec::new();
    for log in logs {
        let parsed = Log::parse(&log.text);
        let Some(failure) = parsed.failure().filter(|_| wanted(&log.name)) else { continue };
        let text = match explain(&parsed, &failure, None) {
            Some(explanation) => show(&explanation),
            None => "no explanation\n".into(),
        };
        match rows.iter_mut().find(|(name, _, seen)| *name == log.name && *seen == text) {
            Some((_, kernels, _)) => kernels.push(log.kernel),
            None => rows.push((log.name, vec![log.kernel], text)),
        }
    }
    rows.into_iter()
        .map(|(name, kernels, text)| format!("{name} {}: {text}", kernels.join(" ")))
        .collect()
}

#[test]
fn recorded_logs() {
    insta::assert_snapshot!(table(recorded(), |name| !name.contains('.')));
}

#[test]
fn recorded_logs_at_other_levels() {
    insta::assert_snapshot!(table(recorded(), |name| name.contains('.')));
}

/// More faults, on three kernels, for the chains.
#[test]
fn faults_and_where_they_come_from() {
    insta::assert_snapshot!(table(faults(), |_| true));
}
