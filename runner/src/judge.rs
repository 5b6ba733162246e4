//! From what became of a program to a verdict.

use std::time::Duration;

use microvm::{Trouble, TroubleKind};

use crate::compare::{Line, compare};
use crate::error::Unable;
use crate::manifest::{Break, DeclaredFailure};
use crate::outcome::Outcome;
use crate::refusal::Refusal;
use crate::stage::Stage;

/// The verdict on one run of one lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It did what was expected.
    Pass,
    /// It did not.
    Fail(Failure),
    /// This kernel lacks something that the lab needs; never a pass.
    Skipped(String),
    /// This machine cannot run it; not the learner's mistake.
    Environment(Unable),
    /// It was still running after its deadline.
    Timeout {
        /// The stage in which it hung.
        stage: Stage,
        /// The deadline.
        after: Duration,
    },
}

/// How a program failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// In which stage.
    pub stage: Stage,
    /// In one sentence.
    pub message: String,
    /// Expected against found, when the output differs.
    pub diff: Option<Vec<Line>>,
}

impl Failure {
    fn new(stage: Stage, message: impl Into<String>) -> Self {
        Self { stage, message: message.into(), diff: None }
    }
}

/// Judges a program that should work.
pub fn judge(outcome: &Outcome, expected: &str) -> Verdict {
    match outcome {
        Outcome::Printed(found) => match compare(expected, found) {
            _ if expected.is_empty() => Verdict::Fail(Failure::new(
                Stage::Compare,
                "no expected output is recorded (labrunner dev record writes it down)",
            )),
            None => Verdict::Pass,
            Some(diff) => Verdict::Fail(Failure {
                stage: Stage::Compare,
                message: "the output is not what was expected".into(),
                diff: Some(diff),
            }),
        },
        Outcome::DoesNotCompile(_) => {
            Verdict::Fail(Failure::new(Stage::Compile, "clang does not compile it"))
        }
        Outcome::Failed { stage, refusal: Some(refusal), .. } => {
            let message = format!("the verifier refuses {}: {}", refusal.program, refusal.message);
            Verdict::Fail(Failure::new(*stage, message))
        }
        Outcome::Failed { stage, message, refusal: None, .. } => {
            Verdict::Fail(Failure::new(*stage, message))
        }
        Outcome::Disturbed { stage, how } => Verdict::Fail(Failure::new(
            *stage,
            format!("with your program attached, the events could not be made: {how}"),
        )),
        Outcome::TimedOut { stage, after } => Verdict::Timeout { stage: *stage, after: *after },
        Outcome::Flooded { stage, limit } => Verdict::Fail(Failure::new(
            *stage,
            format!("it printed more than {} MB and was ended", limit >> 20),
        )),
    }
}

/// Judges a program with a known mistake: it passes when it fails as declared. `expected` is the
/// output of the working program, `expected_broken` that of a mistake which shows in the output.
pub fn judge_break(
    outcome: &Outcome,
    declared: &DeclaredFailure,
    expected: &str,
    expected_broken: Option<&str>,
) -> Verdict {
    let plain = judge(outcome, expected);
    if declared.loads {
        return match plain {
            Verdict::Fail(failure) => Verdict::Fail(Failure {
                message: format!("this kernel was said to accept it, but {}", failure.message),
                ..failure
            }),
            other => other,
        };
    }
    if matches!(plain, Verdict::Timeout { .. }) {
        return plain;
    }
    if plain == Verdict::Pass {
        let message = format!("it was to fail at {}, and works", declared.stage);
        return Verdict::Fail(Failure::new(Stage::Compare, message));
    }
    if let (Stage::Compare, Some(expected)) = (declared.stage, expected_broken) {
        return judge(outcome, expected);
    }
    match deviation(outcome, declared) {
        None => Verdict::Pass,
        Some(message) => Verdict::Fail(Failure::new(stage_of(outcome), message)),
    }
}

/// Judges a program that is not to solve an exercise: it passes when it fails the exercise's check.
pub fn judge_unsolved(outcome: &Outcome, expected: &str) -> Verdict {
    match judge(outcome, expected) {
        Verdict::Fail(_) if expected.is_empty() && matches!(outcome, Outcome::Printed(_)) => {
            judge(outcome, expected)
        }
        Verdict::Fail(_) => Verdict::Pass,
        Verdict::Pass => {
            let message = "the program solves the exercise before anything is changed";
            Verdict::Fail(Failure::new(Stage::Compare, message))
        }
        other => other,
    }
}

/// What is left of a verdict when the machine's own kernel got into trouble during the run.
///
/// After an oops, a `BUG:` or a lockup, nothing that came of the run says anything about the program. A
/// `WARN()` is the kernel's word that something is wrong with itself: a pass beside one counts as little,
/// but what the program did wrong it did. A process that was ended for lack of memory is no defect of
/// the kernel: then the verdict stands.
pub fn overshadow(verdict: Verdict, trouble: &Trouble) -> Verdict {
    let holds = match (&verdict, trouble.kind) {
        // They claim nothing of the program.
        (Verdict::Environment(_) | Verdict::Skipped(_), _) => true,
        (_, TroubleKind::OutOfMemory) => true,
        (Verdict::Fail(_) | Verdict::Timeout { .. }, TroubleKind::Warning) => true,
        _ => false,
    };
    if holds {
        return verdict;
    }
    Verdict::Environment(Unable {
        problem: format!("The micro-VM's kernel got into trouble: {}.", trouble.line),
        fix: "So nothing that came of this run counts. It is a defect of that kernel, which your program \
              may have met.\nTry again, or on another kernel (--kernel); --raw shows all that the \
              kernel said."
            .into(),
    })
}

/// The mistake of the course that fails just like this, on a kernel of this release. With each comes the
/// name of what it prints, which `expected` reads, for a mistake that shows there: of several that print
/// the same, nobody knows which it is.
pub fn recognise<'a>(
    outcome: &Outcome,
    known: &[(&'a Break, String)],
    release: &str,
    expected: impl Fn(&str) -> Option<String>,
) -> Option<&'a Break> {
    let like_it = |known: &Break, name: &str| {
        let declared = known.failure_on(release);
        match (declared.stage, outcome) {
            _ if declared.loads => false,
            (Stage::Compare, Outcome::Printed(_)) => {
                expected(name).is_some_and(|text| judge(outcome, &text) == Verdict::Pass)
            }
            _ => !declared.message.is_empty() && deviation(outcome, &declared).is_none(),
        }
    };
    let mut alike = known.iter().filter(|(known, name)| like_it(known, name));
    let first = alike.next()?.0;
    let one_of_several = matches!(outcome, Outcome::Printed(_)) && alike.next().is_some();
    (!one_of_several).then_some(first)
}

fn stage_of(outcome: &Outcome) -> Stage {
    match outcome {
        Outcome::DoesNotCompile(_) => Stage::Compile,
        Outcome::Failed { stage, .. }
        | Outcome::TimedOut { stage, .. }
        | Outcome::Disturbed { stage, .. }
        | Outcome::Flooded { stage, .. } => *stage,
        Outcome::Printed(_) => Stage::Compare,
    }
}

/// In what a failure differs from the declared one; `None` if in nothing.
fn deviation(outcome: &Outcome, declared: &DeclaredFailure) -> Option<String> {
    let stage = stage_of(outcome);
    if stage != declared.stage {
        return Some(format!("it was to fail at {}, and fails at {stage}", declared.stage));
    }
    match outcome {
        Outcome::Failed { refusal: Some(refusal), .. } => refusal_deviation(refusal, declared),
        Outcome::Failed { stderr, .. } => message_deviation(stderr.lines(), declared),
        Outcome::DoesNotCompile(words) => message_deviation(words.lines(), declared),
        _ => Some("it fails in another way than declared".into()),
    }
}

fn message_deviation<'a>(
    found: impl Iterator<Item = &'a str> + Clone,
    declared: &DeclaredFailure,
) -> Option<String> {
    let matching = |line: &str| declared.message.iter().any(|p| verifier_log::matches(p, line));
    let shown = || found.clone().last().unwrap_or("nothing").to_string();
    (!declared.message.is_empty() && !found.clone().any(matching)).then(|| {
        format!("it was to say `{}`, and says `{}`", declared.message.join("` or `"), shown())
    })
}

fn refusal_deviation(refusal: &Refusal, declared: &DeclaredFailure) -> Option<String> {
    let lines = refusal.details.iter().chain([&refusal.message]).map(String::as_str);
    if let Some(message) = message_deviation(lines, declared) {
        return Some(message);
    }
    let category = refusal.category.map_or("unknown".to_string(), |c| c.to_string());
    let line = refusal.source.as_ref().map_or("unknown", |source| source.text.as_str());
    let differences = [
        ("category", declared.category.as_deref(), category.as_str(), false),
        ("source line", declared.line.as_deref(), line, true),
        ("program", declared.program.as_deref(), refusal.program.as_str(), false),
    ];
    differences.into_iter().find_map(|(what, declared, found, part)| {
        let declared = declared?;
        let same = if part { found.contains(declared) } else { found == declared };
        (!same).then(|| format!("its {what} was to be `{declared}`, and is `{found}`"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use verifier_log::Category;

    fn refused(message: &str, category: Option<Category>) -> Outcome {
        Outcome::Failed {
            stage: Stage::Load,
            message: "cannot load".into(),
            stderr: "error: cannot load\n".into(),
            refusal: Some(Box::new(Refusal {
                program: "count".into(),
                message: message.into(),
                details: vec!["invalid access to map value, value_size=8 off=8 size=8".into()],
                category,
                insn: Some(9),
                instruction: None,
                register: Some(0),
                source: None,
                place: None,
                explanation: None,
                kernel_report: None,
                context: Vec::new(),
                log: String::new(),
            })),
        }
    }

    fn declared(message: &str, category: Option<&str>) -> DeclaredFailure {
        DeclaredFailure {
            stage: Stage::Load,
            category: category.map(Into::into),
            message: vec![message.into()],
            line: None,
            program: Some("count".into()),
            loads: false,
        }
    }

    fn said(verdict: Verdict) -> String {
        match verdict {
            Verdict::Pass => "pass".into(),
            Verdict::Fail(failure) => failure.message,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_break_passes_only_for_its_declared_reason() {
        let null = "R0 invalid mem access 'map_value_or_null'";
        let pattern = "R? invalid mem access 'map_value_or_null'";
        let safety = Some(Category::RegisterTypeSafety);
        let refusal = refused(null, safety);
        let working = Outcome::Printed("ok\n".into());
        for (outcome, declared, expected) in [
            (&refusal, declared(pattern, Some("Register Type Safety")), "pass"),
            (&refusal, declared("invalid access to map value, *", None), "pass"),
            (
                &refusal,
                declared(pattern, Some("Memory Safety")),
                "its category was to be `Memory Safety`, and is `Register Type Safety`",
            ),
            (
                &refusal,
                declared("R? !read_ok", None),
                "it was to say `R? !read_ok`, and says `R0 invalid mem access 'map_value_or_null'`",
            ),
            (&working, declared(pattern, None), "it was to fail at load, and works"),
        ] {
            assert_eq!(said(judge_break(outcome, &declared, "ok", None)), expected);
        }
    }

    #[test]
    fn a_kernel_in_trouble_is_never_a_pass() {
        use TroubleKind::*;
        let failed = Verdict::Fail(Failure::new(Stage::Compare, "differs"));
        let hung = Verdict::Timeout { stage: Stage::Load, after: Duration::from_secs(20) };
        let skipped = Verdict::Skipped("xdp: not built".into());
        for (kind, verdict, stands) in [
            (OutOfMemory, &Verdict::Pass, true),
            (OutOfMemory, &failed, true),
            (Warning, &Verdict::Pass, false),
            (Warning, &failed, true),
            (Warning, &hung, true),
            (Warning, &skipped, true),
            (Lockup, &Verdict::Pass, false),
            (Lockup, &hung, false),
            (Bug, &failed, false),
            (Oops, &Verdict::Pass, false),
            (Oops, &failed, false),
            (Oops, &skipped, true),
            (Panic, &Verdict::Pass, false),
        ] {
            let trouble = Trouble { kind, line: "Oops: 0000".into(), report: String::new() };
            match overshadow(verdict.clone(), &trouble) {
                same if same == *verdict => assert!(stands, "{kind:?} {verdict:?}"),
                Verdict::Environment(unable) => {
                    assert!(!stands, "{kind:?} {verdict:?}");
                    assert!(unable.problem.contains("Oops: 0000"), "{unable:?}");
                }
                other => panic!("{kind:?} {verdict:?} became {other:?}"),
            }
        }
    }

    #[test]
    fn where_a_kernel_accepts_the_mistake_it_must_work() {
        let loads = DeclaredFailure { loads: true, ..declared("x", None) };
        assert_eq!(judge_break(&Outcome::Printed("ok".into()), &loads, "ok", None), Verdict::Pass);
        let refusal = refused("R0 !read_ok", None);
        assert_eq!(
            said(judge_break(&refusal, &loads, "ok", None)),
            "this kernel was said to accept it, but the verifier refuses count: R0 !read_ok"
        );
    }

    #[test]
    fn a_mistake_in_behaviour_is_compared_with_its_own_output() {
        let behaviour = DeclaredFailure { stage: Stage::Compare, ..declared("x", None) };
        for (printed, expected) in [
            ("fell through", "pass"),
            ("ok", "it was to fail at compare, and works"),
            ("other", "the output is not what was expected"),
        ] {
            let outcome = Outcome::Printed(printed.into());
            let verdict = judge_break(&outcome, &behaviour, "ok", Some("fell through"));
            assert_eq!(said(verdict), expected, "{printed}");
        }
    }
}
