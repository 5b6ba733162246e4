//! Grades one task of one submission.

use std::time::{Duration, Instant};

use super::handed_in::{self, Files, Lack};
use super::key;
use super::row::{Entry, Mark, Row};
use super::submission::Submission;
use super::task::Task;
use crate::cancel::Cancel;
use crate::check::plan::Column;
use crate::confine::{Confined, Confinement};
use crate::course::Course;
use crate::error::Error;
use crate::judge::Verdict;
use crate::outcome::Outcome;
use crate::programs::Programs;
use crate::refusal::printable;
use crate::render::text;
use crate::report::Report;
use crate::run::{HandedIn, Request};
use crate::stage::Stage;

/// Longest message of a row, in characters.
const MESSAGE: usize = 300;

/// Most of what the learner would have seen that is kept, in bytes.
const SEEN: usize = 32 << 10;

/// The stage of what comes before any other.
const SUBMISSION: &str = "submission";

/// All that grading needs, the same for all submissions.
pub struct Grader<'a> {
    /// The course, whose manifests, outputs, headers and programs count.
    pub course: &'a Course,
    /// Its programs.
    pub programs: &'a Programs,
    /// clang.
    pub confined: &'a Confined,
    /// The kernel.
    pub kernel: &'a Column,
    /// How long a program may run in its machine, where it is not what the manifest says.
    pub deadline: Option<Duration>,
    /// Digests of labs.
    pub labs: key::Labs,
}

/// One task of one submission.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    /// Whose.
    pub submission: &'a Submission,
    /// What; `None` where nothing was found to grade.
    pub task: Option<Task<'a>>,
    /// Its place among those of the submission.
    pub order: usize,
    /// The task stands for its lab: if it is not passed, an exercise of the lab may be.
    pub any: bool,
}

impl Cell<'_> {
    /// What was planned.
    pub fn name(&self) -> String {
        let any = if self.any { " any" } else { "" };
        self.task.map_or("nothing".into(), |task| task.label()) + any
    }

    /// A result that nothing was run for.
    pub fn without_a_run(&self, verdict: Mark, problem: &str) -> Entry {
        let found = Found::at(verdict, SUBMISSION, problem);
        self.entry(found, self.task, String::new(), Duration::ZERO)
    }

    fn entry(&self, found: Found, task: Option<Task<'_>>, key: String, took: Duration) -> Entry {
        let out_of = task.map_or(0.0, |task| task.points);
        let points = if found.verdict == Mark::Pass { out_of } else { 0.0 };
        let row = Row {
            submission: self.submission.name.clone(),
            task: task.map_or("nothing".into(), |task| task.label()),
            verdict: found.verdict,
            stage: found.stage,
            message: line(&found.message),
            seconds: (took.as_secs_f64() * 1000.0).round() / 1000.0,
            points: found.verdict.is_graded().then_some(points),
            out_of,
            kernel: found.kernel,
        };
        Entry { row, order: self.order, cell: self.name(), key, seen: shortened(found.seen, SEEN) }
    }
}

/// What came of a run, before it is a row.
struct Found {
    verdict: Mark,
    stage: Option<String>,
    message: String,
    kernel: Option<String>,
    seen: String,
}

impl Found {
    fn at(verdict: Mark, stage: impl ToString, message: impl Into<String>) -> Self {
        let message = message.into();
        let seen =
            format!("{}  at {}: {message}\n", verdict.name().to_uppercase(), stage.to_string());
        Self { verdict, stage: Some(stage.to_string()), message, kernel: None, seen }
    }
}

impl Grader<'_> {
    /// Grades it, unless `known` has it already: an entry for this name and key. Whatever comes of it is
    /// a result.
    pub fn grade(
        &self,
        cell: &Cell<'_>,
        known: impl Fn(&str, &str) -> Option<Entry>,
        say: &mut dyn FnMut(&str),
    ) -> Entry {
        let start = Instant::now();
        let entry = |found, task, key| cell.entry(found, task, key, start.elapsed());
        let Some(task) = cell.task else {
            let message = match &cell.submission.folder {
                Ok(_) => "nothing that differs from the course is handed in",
                Err(reason) => reason,
            };
            let mark = if cell.submission.folder.is_ok() { Mark::Fail } else { Mark::Refused };
            return entry(Found::at(mark, SUBMISSION, message), None, String::new());
        };
        let files = match handed_in::read(self.course, cell.submission, &task) {
            Ok(Ok(files)) => files,
            Ok(Err(Lack::Missing(why))) => {
                return entry(Found::at(Mark::Fail, SUBMISSION, why), Some(task), String::new());
            }
            Ok(Err(Lack::Refused(why))) => {
                return entry(Found::at(Mark::Refused, SUBMISSION, why), Some(task), String::new());
            }
            Err(error) => return entry(unable(&error), Some(task), String::new()),
        };
        let key = self.key(&task, &files);
        if let Some(before) = known(&cell.name(), &key) {
            return Entry { order: cell.order, ..before };
        }
        let mut graded = task;
        let mut found = self.find(&task, &files, say);
        if cell.any && found.verdict != Mark::Pass {
            for exercise in &task.lab.manifest.exercises {
                let other = Task { exercise: Some(exercise), ..task };
                let of_other = self.find(&other, &files, say);
                if of_other.verdict == Mark::Pass {
                    (graded, found) = (other, of_other);
                    break;
                }
            }
        }
        entry(found, Some(graded), key)
    }

    fn key(&self, task: &Task<'_>, files: &Files) -> String {
        let lab = self.labs.digest(self.course, self.programs, task.lab);
        let release = self.kernel.release.clone().unwrap_or_default();
        let deadline = format!("{:?}", self.deadline);
        key::of(task, &lab, &[&task.label(), &self.kernel.name, &release, &deadline], files)
    }

    /// Compiles and runs; what fails for want of this machine gets a second try.
    fn find(&self, task: &Task<'_>, files: &Files, say: &mut dyn FnMut(&str)) -> Found {
        let first = self.try_once(task, files, say);
        if first.0.verdict != Mark::Environment {
            return first.0;
        }
        let second = self.try_once(task, files, say);
        match (first, second) {
            // A program that may do anything in its machine, and is there when it breaks down: twice is
            // no accident.
            ((_, true), (found, true)) if task.program && found.verdict == Mark::Environment => {
                Found {
                    verdict: Mark::Fail,
                    stage: Some("machine".into()),
                    message: format!("it brings its machine down: {}", found.message),
                    ..found
                }
            }
            (_, (found, _)) => found,
        }
    }

    /// What came of it, and whether the program was running by then.
    fn try_once(&self, task: &Task<'_>, files: &Files, say: &mut dyn FnMut(&str)) -> (Found, bool) {
        let start = Instant::now();
        let compiled =
            match files.source.as_deref().map(|text| self.confined.compile(task.lab, text)) {
                None => None,
                Some(Ok(Confinement::Compiled(compiled))) => Some((compiled, start.elapsed())),
                Some(Ok(Confinement::Refused(reason))) => {
                    return (Found::at(Mark::Refused, Stage::Compile, reason), false);
                }
                Some(Ok(Confinement::TimedOut(after))) => {
                    let message = format!("clang was still at it after {} s", after.as_secs());
                    return (Found::at(Mark::Timeout, Stage::Compile, message), false);
                }
                Some(Err(error)) => return (unable(&error), false),
            };
        let request = Request {
            course: self.course,
            lab: task.lab,
            subject: task.subject(),
            programs: self.programs,
            deadline: self.deadline,
            color: false,
            cancel: Cancel::default(),
        };
        let given = HandedIn { compiled, program: files.program.as_deref() };
        match request.run_handed_in(&given, &*self.kernel.engine, say) {
            Ok(report) => {
                let ran = report.stages.iter().any(|timing| timing.stage == Stage::Start);
                (found(&report, files), ran)
            }
            Err(error) => (unable(&error), false),
        }
    }
}

fn found(report: &Report, files: &Files) -> Found {
    let (verdict, stage, message) = match &report.verdict {
        Verdict::Pass if files.unchanged => {
            (Mark::Pass, None, "unchanged: the file is as the course has it".to_string())
        }
        Verdict::Pass => (Mark::Pass, None, String::new()),
        Verdict::Fail(failure) => {
            let clang = match &report.outcome {
                Some(Outcome::DoesNotCompile(words)) => first_error(words),
                _ => None,
            };
            let message = clang.unwrap_or_else(|| failure.message.clone());
            let unchanged = if files.unchanged { "; the file is as the course has it" } else { "" };
            (Mark::Fail, Some(failure.stage), message + unchanged)
        }
        Verdict::Timeout { stage, after } => (
            Mark::Timeout,
            Some(*stage),
            format!("still running after {:.1} s", after.as_secs_f64()),
        ),
        Verdict::Skipped(reason) => (Mark::Skipped, None, reason.clone()),
        Verdict::Environment(unable) => (Mark::Environment, None, unable.problem.clone()),
    };
    Found {
        verdict,
        stage: stage.map(|stage| stage.to_string()),
        message,
        kernel: report.kernel.clone(),
        seen: text::render(report, false),
    }
}

/// clang's first error, with its place.
fn first_error(words: &str) -> Option<String> {
    words.lines().find(|line| line.contains("error: ")).map(str::to_string)
}

fn unable(error: &Error) -> Found {
    let problem = match error {
        Error::Environment(unable) => unable.problem.clone(),
        Error::Usage(problem) | Error::Build(problem) => problem.clone(),
    };
    let seen = format!("CANNOT RUN  {error}\n");
    Found { verdict: Mark::Environment, stage: None, message: problem, kernel: None, seen }
}

/// A message as one line that is not too long, and without what moves cursors.
fn line(message: &str) -> String {
    let joined = message.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let mut shown: String = printable(&joined).chars().take(MESSAGE).collect();
    if joined.chars().nth(MESSAGE).is_some() {
        shown.push('…');
    }
    shown
}

/// A text that is no longer than this number of bytes, or not much.
fn shortened(mut text: String, most: usize) -> String {
    if text.len() > most {
        let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push_str("\n… and more\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_short_line() {
        assert_eq!(line("one\n  two\x1b[2J"), "one two\u{fffd}[2J");
        let long = line(&"é".repeat(400));
        assert_eq!(long.chars().count(), MESSAGE + 1);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(shortened("short".into(), 5), "short");
        assert_eq!(shortened("éé".into(), 3), "é\n… and more\n");
    }

    #[test]
    fn clangs_first_error_is_the_message() {
        let words = "x.bpf.c:1:1: warning: w\nx.bpf.c:2:3: error: e\nx.bpf.c:9:9: error: f\n";
        assert_eq!(first_error(words).as_deref(), Some("x.bpf.c:2:3: error: e"));
    }
}
