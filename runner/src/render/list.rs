//! The list of labs.

use std::fmt::Write;

use colored::{ColoredString, Colorize};
use serde::Serialize;

use crate::course::{Course, Lab};
use crate::manifest::Exercise;
use crate::progress::{Progress, State};

#[derive(Serialize)]
struct LabObject<'a> {
    chapter: &'a str,
    lab: &'a str,
    summary: &'a str,
    /// How far the learner is: `new`, `begun`, `passed`, `complete`.
    state: State,
    /// What it prints depends on the kernel.
    varies: bool,
    breaks: Vec<&'a str>,
    exercises: Vec<ExerciseObject<'a>>,
}

#[derive(Serialize)]
struct ExerciseObject<'a> {
    name: &'a str,
    title: &'a str,
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
            for (what, names) in
                [("break", breaks.collect::<Vec<_>>()), ("exercise", exercises.collect())]
            {
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

fn exercise(exercise: &Exercise) -> ExerciseObject<'_> {
    ExerciseObject {
        name: &exercise.name,
        title: &exercise.title,
        wrong: exercise.wrong.iter().map(|known| known.name.as_str()).collect(),
    }
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
        .map(|lab| LabObject {
            chapter: &lab.chapter,
            lab: &lab.name,
            summary: &lab.manifest.summary,
            state: progress.state(lab),
            varies: lab.manifest.varies,
            breaks: lab.manifest.breaks.iter().map(|b| b.name.as_str()).collect(),
            exercises: lab.manifest.exercises.iter().map(exercise).collect(),
        })
        .collect();
    serde_json::to_string(&labs).expect("strings and arrays")
}
