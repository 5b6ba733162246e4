//! What the doctor found, as text for people and as one JSON object for programs.

use std::fmt::Write;

use colored::{ColoredString, Colorize};
use serde::Serialize;

use crate::doctor::{Ability, About, Diagnosis, Facts, Finding, State};

/// How many labs are named; the rest are counted.
const NAMED: usize = 4;

/// How long a line may be.
const WIDTH: usize = 100;

/// Where what is said of a finding begins.
const INDENT: usize = 27;

#[derive(Serialize)]
struct Object<'a> {
    /// Whether labs run here in one way at least.
    able: bool,
    #[serde(flatten)]
    diagnosis: &'a Diagnosis,
    /// What it is made of; a description of this machine.
    facts: &'a Facts,
}

/// One JSON object.
pub fn json(diagnosis: &Diagnosis, facts: &Facts) -> String {
    let object = Object { able: diagnosis.able(), diagnosis, facts };
    serde_json::to_string(&object).expect("strings and numbers")
}

/// All findings, and what follows from them.
pub fn text(diagnosis: &Diagnosis) -> String {
    let mut text = format!("{}\n", diagnosis.machine.bold());
    for (about, title) in [
        (About::Everything, "All labs"),
        (About::Vm, "In a micro-VM: needs neither root nor KVM"),
        (About::Host, "On this machine's own kernel: --on host"),
    ] {
        let _ = writeln!(text, "\n{}", title.bold());
        for finding in diagnosis.findings.iter().filter(|finding| finding.about == about) {
            write(&mut text, finding);
        }
    }
    text + "\n" + &summary(diagnosis)
}

fn write(text: &mut String, finding: &Finding) {
    let mut lines = wrapped(&finding.detail).into_iter();
    let first = lines.next().unwrap_or_default();
    let _ = writeln!(text, "  {} {:16} {first}", mark(finding.state), finding.what);
    let mut add = |line: &str| {
        let _ = writeln!(text, "{:INDENT$}{line}", "");
    };
    lines.for_each(|line| add(&line));
    if let Some(means) = &finding.means {
        let named = if finding.labs.len() > 1 {
            format!(" ({})", names(&finding.labs))
        } else {
            String::new()
        };
        let means = format!("{}{named}.", means.trim_end_matches('.'));
        wrapped(&means).iter().for_each(|line| add(line));
    }
    for (number, line) in finding.fix.iter().flat_map(|fix| fix.lines()).enumerate() {
        let arrow = if number == 0 { "→" } else { " " };
        add(&format!("{arrow} {}", line.cyan()));
    }
}

fn mark(state: State) -> ColoredString {
    match state {
        State::Ok => "ok     ".green(),
        State::Note => "note   ".yellow(),
        State::Problem => "problem".red().bold(),
    }
}

/// The first few names, and how many more there are.
fn names(labs: &[String]) -> String {
    let first = labs.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match labs.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// Lines that fit beside the names of findings.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if INDENT + line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}

fn summary(diagnosis: &Diagnosis) -> String {
    let way = |ability: &Ability, way: &str| {
        let but = match ability.without.len() {
            0 => String::new(),
            number => format!(", all but {number} of {}", diagnosis.labs),
        };
        match ability.able {
            true => format!("Labs run {way}{but}.\n"),
            false => {
                format!("Labs do not run {way}. In the way: {}.\n", ability.lacking.join(", "))
            }
        }
    };
    way(&diagnosis.vm, "in a micro-VM") + &way(&diagnosis.host, "with --on host")
}
