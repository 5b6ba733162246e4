//! What a page of the book shows of the learner's progress.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::book::pages;
use crate::course::{Course, Lab};
use crate::progress::{Progress, State};

/// The pages that begin the book; the first chapter is shown under both names.
const FIRST: [&str; 2] = ["index.html", "introduction.html"];

/// What is to be shown on a page (`workbook`'s `Note`).
#[derive(Debug, Serialize)]
struct Note {
    /// One character for the list of contents; the same as in `labrunner list`.
    mark: &'static str,
    /// What it means.
    title: &'static str,
    /// The line below the title of the page.
    line: String,
}

/// The notes of all pages, as one line of JSON: an object by page.
pub fn notes(course: &Course, progress: &Progress) -> String {
    let mut notes: BTreeMap<String, Note> =
        course.labs.iter().map(|lab| (pages::of_lab(lab), of_lab(lab, progress))).collect();
    for page in FIRST {
        let line = of_course(course, progress);
        notes.insert(page.into(), Note { mark: "", title: "", line });
    }
    serde_json::to_string(&notes).expect("strings")
}

fn of_lab(lab: &Lab, progress: &Progress) -> Note {
    let state = progress.state(lab);
    let (mark, title) = match state {
        State::New => ("", ""),
        State::Begun => ("·", "begun"),
        State::Passed => ("✓", "passed"),
        State::Complete => ("★", "passed, and all exercises solved"),
    };
    let last = progress.of(lab).and_then(|done| done.last.as_deref());
    let mut line = String::from(match (state, last) {
        (State::New, _) => "Not run yet.",
        (State::Begun, Some(_)) => "Not passed yet: the last run failed.",
        (State::Begun, None) => "Not passed yet.",
        (_, Some("fail")) => "Passed before; the last run failed.",
        _ => "Passed.",
    });
    match (progress.solved(lab), lab.manifest.exercises.len()) {
        (_, 0) => {}
        (1, 1) => line += " The exercise is solved.",
        (solved, all) if solved == all => line += &format!(" All {all} exercises are solved."),
        (_, 1) => line += " 1 exercise to solve.",
        (solved, all) => line += &format!(" {solved} of {all} exercises solved."),
    }
    Note { mark, title, line }
}

fn of_course(course: &Course, progress: &Progress) -> String {
    let labs: Vec<&Lab> = course.labs.iter().filter(|lab| lab.collection().is_none()).collect();
    let (passed, all) = (progress.passed(&labs), labs.len());
    let next = match progress.next(course) {
        Some(lab) => format!("Next: {}.", lab.title()),
        None => "You have passed every lab.".into(),
    };
    format!("{passed} of {all} labs passed. {next}")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::Value;

    use super::*;

    fn shown(progress: &str, page: &str) -> String {
        let course = Course::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let progress: Progress = toml::from_str(progress).unwrap();
        let notes: Value = serde_json::from_str(&notes(&course, &progress)).unwrap();
        let note = &notes[page];
        format!("{}|{}", note["mark"].as_str().unwrap(), note["line"].as_str().unwrap())
    }

    #[test]
    fn a_page_tells_how_far_its_lab_is() {
        let of =
            |done: &str| shown(&format!("[labs.\"ch2 hello-map\"]\n{done}"), "ch2/hello-map.html");
        let all = "exercises = ['getppid', 'gid']";
        assert_eq!(shown("", "ch2/hello-map.html"), "|Not run yet. 0 of 2 exercises solved.");
        assert_eq!(
            of("last = 'fail'"),
            "·|Not passed yet: the last run failed. 0 of 2 exercises solved."
        );
        assert_eq!(
            of("last = 'pass'\npassed = 1\nexercises = ['gid']"),
            "✓|Passed. 1 of 2 exercises solved."
        );
        assert_eq!(
            of(&format!("last = 'fail'\npassed = 1\n{all}")),
            "★|Passed before; the last run failed. All 2 exercises are solved."
        );
    }

    #[test]
    fn the_first_page_tells_what_is_next() {
        let line = shown("[labs.\"ch1 first-light\"]\npassed = 1\n", "introduction.html");
        assert!(
            line.starts_with("|1 of ") && line.ends_with("labs passed. Next: ch1 classic-bpf."),
            "{line}"
        );
    }
}
