//! The list of labs.

use std::fmt::Write;

use colored::{ColoredString, Colorize};
use serde::Serialize;

use crate::course::{Course, Lab};
use crate::manifest::Exercise;
use crate::progress::{Done, Progress, State};

#[derive(Serialize)]
struct LabObject<'a> {
    chapter: &'a str,
    lab: &'a str,
    summary: &'a str,
    /// How far the learner is: `new`, `begun`, `passed`, `complete`.
    state: State,
    /// When its program first passed, in seconds since 1970.
    passed: Option<u64>,
    /// The last verdict on its program: `pass`, `fail`.
    last: Option<&'a str>,
    /// How long that run took, in milliseconds.
    took_ms: Option<u64>,
    /// What it prints depends on the kernel.
    varies: bool,
    breaks: Vec<&'a str>,
    exercises: Vec<ExerciseObject<'a>>,
}

#[derive(Serialize)]
struct ExerciseObject<'a> {
    name: &'a str,
    title: &'a str,
    solved: bool,
    /// Known wrong solutions.
    wrong: Vec<&'a str>,
}

/// The labs by chapter, for people.
pub fn text(course: &Course, progress: &Progress, only: Option<&str>) -> String {
    let alone = course.labs.iter().filter(|lab| lab.collection().is_none());
    let width = alone.map(|lab| lab.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for chapter in course.chapters().into_iter().filter(|c| only.is_none_or(|only| only == *c)) {
        let _ = writeln!(text, "{}", chapter.bold());
        let (inside, labs): (Vec<&Lab>, Vec<&Lab>) = course
            .labs
            .iter()
            .filter(|lab| lab.chapter == chapter)
            .partition(|lab| lab.collection().is_some());
        if let Some(name) = inside.first().and_then(|lab| lab.collection()) {
            let number = inside.len();
            let _ =
                writeln!(text, "  {name:width$}  {number} small ones: labrunner {chapter} {name}");
        }
        for lab in labs {
            let _ = writeln!(
                text,
                "{} {:width$}  {}",
                mark(progress.state(lab)),
                lab.name,
                lab.manifest.summary
            );
            let breaks = lab.manifest.breaks.iter().map(|known| known.name.as_str());
            let exercises = lab.manifest.exercises.iter().map(|e| e.name.as_str());
            let run = progress.of(lab).and_then(last_run);
            for (what, names) in [
                ("break", breaks.collect::<Vec<_>>()),
                ("exercise", exercises.collect()),
                ("last run", run.iter().map(String::as_str).collect()),
            ] {
                if !names.is_empty() {
                    let line = format!("  {:width$}  {what}: {}", "", names.join(", "));
                    let _ = writeln!(text, "{}", line.dimmed());
                }
            }
        }
    }
    text.push_str("\n· begun  ✓ passed  ★ exercises solved, too\n");
    text.push_str("Run one: labrunner ch2 hello-map [--break NAME | --exercise NAME]\n");
    text
}

fn exercise<'a>(exercise: &'a Exercise, done: Option<&Done>) -> ExerciseObject<'a> {
    ExerciseObject {
        name: &exercise.name,
        title: &exercise.title,
        solved: done.is_some_and(|done| done.exercises.contains(&exercise.name)),
        wrong: exercise.wrong.iter().map(|known| known.name.as_str()).collect(),
    }
}

/// `pass, 0.45 s`.
fn last_run(done: &Done) -> Option<String> {
    let seconds = done.took_ms? as f64 / 1000.0;
    Some(format!("{}, {seconds:.2} s", done.last.as_deref()?))
}

/// One character for how far a lab is.
pub(super) fn mark(state: State) -> ColoredString {
    match state {
        State::New => " ".normal(),
        State::Begun => "·".yellow(),
        State::Passed => "✓".green(),
        State::Complete => "★".green(),
    }
}

/// The labs as a JSON array.
pub fn json(course: &Course, progress: &Progress, only: Option<&str>) -> String {
    let labs: Vec<LabObject<'_>> = course
        .labs
        .iter()
        .filter(|lab| only.is_none_or(|only| only == lab.chapter))
        .map(|lab| {
            let done = progress.of(lab);
            LabObject {
                chapter: &lab.chapter,
                lab: &lab.name,
                summary: &lab.manifest.summary,
                state: progress.state(lab),
                passed: done.and_then(|done| done.passed),
                last: done.and_then(|done| done.last.as_deref()),
                took_ms: done.and_then(|done| done.took_ms),
                varies: lab.manifest.varies,
                breaks: lab.manifest.breaks.iter().map(|b| b.name.as_str()).collect(),
                exercises: lab.manifest.exercises.iter().map(|e| exercise(e, done)).collect(),
            }
        })
        .collect();
    serde_json::to_string(&labs).expect("strings and arrays")
}
