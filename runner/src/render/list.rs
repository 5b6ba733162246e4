//! The list of labs.

use std::fmt::Write;

use colored::Colorize;
use serde::Serialize;

use crate::course::Course;

#[derive(Serialize)]
struct LabObject<'a> {
    chapter: &'a str,
    lab: &'a str,
    summary: &'a str,
    breaks: Vec<&'a str>,
}

/// The labs by chapter, for people.
pub fn text(course: &Course) -> String {
    let width = course.labs.iter().map(|lab| lab.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for chapter in course.chapters() {
        let _ = writeln!(text, "{}", chapter.bold());
        for lab in course.labs.iter().filter(|lab| lab.chapter == chapter) {
            let _ = writeln!(text, "  {:width$}  {}", lab.name, lab.manifest.summary);
            if !lab.manifest.breaks.is_empty() {
                let names: Vec<&str> =
                    lab.manifest.breaks.iter().map(|b| b.name.as_str()).collect();
                let line = format!("  {:width$}  break: {}", "", names.join(", "));
                let _ = writeln!(text, "{}", line.dimmed());
            }
        }
    }
    text.push_str("\nRun one: labrunner ch2 hello-map [--break NAME]\n");
    text
}

/// The labs as a JSON array.
pub fn json(course: &Course) -> String {
    let labs: Vec<LabObject<'_>> = course
        .labs
        .iter()
        .map(|lab| LabObject {
            chapter: &lab.chapter,
            lab: &lab.name,
            summary: &lab.manifest.summary,
            breaks: lab.manifest.breaks.iter().map(|b| b.name.as_str()).collect(),
        })
        .collect();
    serde_json::to_string(&labs).expect("strings and arrays")
}
