//! Hints: the first one after a failure, chosen by what was seen to go wrong, and those of a lab, one
//! more each time.

use verifier_log::Category;

use crate::compare::{Line, Side};
use crate::course::Lab;
use crate::judge::{Failure, Verdict};
use crate::manifest::Exercise;
use crate::outcome::Outcome;
use crate::report::Report;
use crate::stage::Stage;

/// What to say first about this report; `hints` are those of the lab or of the exercise, which know the
/// program, and are added where it ran. `None` where nothing failed.
pub fn first(report: &Report, hints: &[String]) -> Option<String> {
    let (sentence, it_ran) = match &report.verdict {
        Verdict::Fail(Failure { stage: Stage::Compare, diff: Some(diff), .. }) => {
            (of_difference(diff), true)
        }
        Verdict::Fail(failure) => (of_stage(failure.stage, report.outcome.as_ref()), false),
        Verdict::Timeout { stage, .. } => (of_hanging(*stage), false),
        Verdict::Pass | Verdict::Skipped(_) | Verdict::Environment(_) => return None,
    };
    let of_lab = hints.first().filter(|_| it_ran);
    Some([sentence].into_iter().chain(of_lab.map(String::as_str)).collect::<Vec<_>>().join(" "))
}

/// The hints that a learner has after asking for one more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// A line for each, the first one first.
    pub lines: Vec<String>,
    /// What is to be said when that was all.
    pub last: Option<String>,
}

/// One hint more of the lab, or of an exercise of it, after so many; or all of them.
pub fn give(lab: &Lab, exercise: Option<&Exercise>, given: usize, all: bool) -> Given {
    let hints = exercise.map_or(&lab.manifest.hints, |exercise| &exercise.hints);
    let shown = if all { hints.len() } else { (given + 1).min(hints.len()) };
    let number = |(number, hint)| format!("{}/{} {hint}\n", number + 1, hints.len());
    let lines = hints.iter().enumerate().take(shown).map(number).collect();
    let title = lab.title();
    let last = (shown == hints.len()).then(|| match exercise {
        _ if hints.is_empty() => "There are no hints for this one.".to_string(),
        Some(exercise) => format!(
            "That was the last one. The solution: labrunner solution {title} --exercise {}",
            exercise.name
        ),
        None => format!(
            "That was the last one. The program as it is shipped: labrunner solution {title}"
        ),
    });
    Given { lines, last }
}

fn of_stage(stage: Stage, outcome: Option<&Outcome>) -> &'static str {
    match (stage, outcome) {
        (Stage::Compile, _) => {
            "Begin with clang's first error: those after it are often its consequences."
        }
        (_, Some(Outcome::Failed { stderr, refusal: None, .. })) if of_words(stderr).is_some() => {
            of_words(stderr).unwrap_or_default()
        }
        (Stage::Open, _) => {
            "libbpf reads the object before the kernel does: look at the sections, the maps and the \
             licence, and at what it says of them."
        }
        (Stage::Load, Some(Outcome::Failed { refusal: Some(refusal), .. })) => {
            refusal.category.map_or("Read the last instructions before the message.", of_category)
        }
        (Stage::Load, _) => {
            "The kernel refused a map or a program before the verifier looked at it: compare the \
             types, sizes and flags of the maps."
        }
        (Stage::Attach, _) => {
            "The program is loaded, but what its section name says to attach it to is not there: \
             look at the SEC(\"…\") line."
        }
        (Stage::Trigger, _) => {
            "The program stands in the way of the events themselves: look at what it returns."
        }
        _ => "Look at what it printed: --raw shows all of it.",
    }
}

/// What libbpf or the lab says of its own, where that has one reason only.
fn of_words(stderr: &str) -> Option<&'static str> {
    let known = [
        (
            "failed to find BTF for extern",
            "The program calls a function that is not in it. There is no C library in the kernel, and \
             clang turns some of its own, such as __builtin_memcmp, into calls of one: write the loop \
             out, or take a helper.",
        ),
        (
            "missing BPF prog type, check ELF section name",
            "libbpf does not know what kind of program that section name means: look at how the \
             SEC(\"…\") line is written.",
        ),
        (
            "has no map ",
            "The lab's Rust side looks for a map by that name: call it so in the BPF C.",
        ),
        (
            "has no program ",
            "The lab's Rust side looks for a program by that name: call the function so in the BPF C.",
        ),
    ];
    known.iter().find(|(words, _)| stderr.contains(words)).map(|(_, hint)| *hint)
}

/// Where to look first, for each of the verifier's categories.
fn of_category(category: Category) -> &'static str {
    match category {
        Category::MemorySafety => {
            "An access may lie outside its memory: compare the offset and the size in the message \
             with what the pointer points to, and look for the test that should come before it."
        }
        Category::RegisterTypeSafety => {
            "A register does not hold what the instruction needs: follow it back to where it got \
             its value, and look for a test or an initial value that is missing."
        }
        Category::CallTypeSafety => {
            "A helper gets an argument of another type than it takes: R1 is its first argument, R2 \
             its second."
        }
        Category::ResourceLifetimeSafety => {
            "Something that was taken is not given back on every path, or is used after that: look \
             at each way out of the program."
        }
        Category::ExecutionContextSafety => {
            "What is done is not allowed here: look at which lock or which section is held, and at \
             the kind of program."
        }
        Category::ProgramStructure => {
            "The shape of the program is at fault, not a value: look for a way that never ends, or \
             never reaches the end."
        }
        Category::Policy => {
            "The kernel does not allow it to this program: look at its type, its licence, and its \
             rights."
        }
        Category::VerifierLimit => {
            "The verifier gave up: bound the loop, or divide the program into smaller functions."
        }
        Category::VerifierInternalError => {
            "The verifier itself is at fault: try another kernel, and please report it."
        }
    }
}

fn of_hanging(stage: Stage) -> &'static str {
    match stage {
        Stage::Load => "The verifier was still at work: look for a loop with many ways through it.",
        Stage::Trigger => "The events did not come to an end: does the program hold them up?",
        _ => "It waited for something that did not come: look at what ends it.",
    }
}

/// What differs, in a sentence: the lab's own hints say where that comes from.
fn of_difference(diff: &[Line]) -> &'static str {
    let side = |side| diff.iter().filter(move |line| line.side == side).map(|l| l.text.as_str());
    let (missing, added) = (side(Side::Expected).count(), side(Side::Found).count());
    let nothing = side(Side::Both).chain(side(Side::Found)).all(|line| line.trim().is_empty());
    let without_numbers = |line: &str| line.replace(|c: char| c.is_ascii_digit(), "");
    let shapes = |of| side(of).map(without_numbers).collect::<Vec<_>>();
    match (missing, added) {
        _ if nothing => "It ran and printed nothing of what was to come.",
        (_, 0) => "Lines are missing: some events are not seen.",
        (0, _) => "There are lines too many: it sees more than it should.",
        _ if shapes(Side::Expected) == shapes(Side::Found) => {
            "The lines are the right ones, their numbers are not."
        }
        _ => "What it prints differs from what was expected.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(expected: &str, found: &str) -> Option<String> {
        let diff = crate::compare::compare(expected, found);
        let failure = Failure { stage: Stage::Compare, message: "differs".into(), diff };
        first(&Report::with(Verdict::Fail(failure)), &["Look at the key.".into()])
    }

    #[test]
    fn the_difference_chooses_the_hint() {
        for (expected, found, words) in [
            ("uid=0 execs=3\n", "", "It ran and printed nothing of what was to come."),
            ("a\nb\n", "a\n", "Lines are missing: some events are not seen."),
            ("a\n", "a\nb\n", "There are lines too many: it sees more than it should."),
            (
                "uid=0 execs=3\n",
                "uid=0 execs=6\n",
                "The lines are the right ones, their numbers are not.",
            ),
            ("a\n", "b\n", "What it prints differs from what was expected."),
        ] {
            assert_eq!(hint(expected, found).unwrap(), format!("{words} Look at the key."));
        }
    }

    #[test]
    fn where_it_did_not_run_the_stage_chooses_it() {
        let failure = |stage| Failure { stage, message: "no".into(), diff: None };
        let said = |verdict| first(&Report::with(verdict), &["Look at the key.".into()]);
        assert!(said(Verdict::Fail(failure(Stage::Attach))).unwrap().contains("SEC"));
        assert_eq!(said(Verdict::Pass), None);
        for (words, hint) in [
            (
                "libbpf: failed to find BTF for extern 'memcmp' [12] section: -2",
                "write the loop out",
            ),
            ("libbpf: prog 'f': missing BPF prog type, check ELF section name 'x'", "is written"),
            ("error: lab.bpf.o has no map execs_by_uid", "call it so"),
        ] {
            assert!(of_words(words).unwrap().contains(hint), "{words}");
        }
    }
}
