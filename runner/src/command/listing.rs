//! `labrunner break` and `labrunner exercise`: what can be done with a lab beside running it.

use super::{chosen, course, print, progress};
use crate::cli::{Format, LabArgs};
use crate::course::Lab;
use crate::error::{Error, PASSED};
use crate::progress::Done;
use crate::render::listing::{Row, json, text};

/// Prints the known mistakes of a lab.
pub fn breaks(args: &LabArgs, format: Format) -> Result<u8, Error> {
    show(args, format, "break", |lab, done| {
        let row = |b: &crate::manifest::Break| Row::new(&b.name, &b.title, &done.breaks);
        lab.manifest.breaks.iter().map(row).collect()
    })
}

/// Prints the exercises of a lab.
pub fn exercises(args: &LabArgs, format: Format) -> Result<u8, Error> {
    show(args, format, "exercise", |lab, done| {
        let row = |e: &crate::manifest::Exercise| Row::new(&e.name, &e.title, &done.exercises);
        lab.manifest.exercises.iter().map(row).collect()
    })
}

fn show(
    args: &LabArgs,
    format: Format,
    what: &str,
    rows: impl FnOnce(&Lab, &Done) -> Vec<Row>,
) -> Result<u8, Error> {
    let course = course()?;
    let progress = progress();
    let lab = chosen(&course, &progress, args)?;
    let rows = rows(lab, progress.of(lab).unwrap_or(&Done::default()));
    if format == Format::Text && args.chapter.is_none() {
        print(&format!("{}\n", lab.title()))?;
    }
    print(&match format {
        Format::Text => text(&lab.title(), what, &rows),
        Format::Json | Format::Junit => json(&rows) + "\n",
    })?;
    Ok(PASSED)
}
