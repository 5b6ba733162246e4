//! `labrunner verify`: whether the programs of any object load, on several kernels.

mod input;
mod machine;

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use super::telling::Long;
use super::{course, print, say};
use crate::check::jobs;
use crate::cli::{Format, VerifyArgs};
use crate::error::Error;
use crate::kernels;
use crate::programs::Programs;
use crate::render::verify::{json, junit, text};
use crate::verify::{Column, Verified};
use input::Input;
use machine::Trial;

/// Tries all programs everywhere and prints what came of it; the exit status tells whether all load.
pub fn run(args: &VerifyArgs, format: Format) -> Result<u8, Error> {
    let start = Instant::now();
    if format != Format::Text {
        colored::control::set_override(false); // explanations are part of them
    }
    let course = course()?;
    let programs = Programs::find(&course.root, &mut say)?; // the headers for BPF C are laid out, too
    let color = format == Format::Text && colored::control::SHOULD_COLORIZE.should_colorize();
    let read = |path| Input::read(&course.root, path, color);
    let object = read(&args.file)?;
    let before = args.compare.as_deref().map(read).transpose()?;
    let trial = Trial {
        programs: &programs,
        object: &object,
        before: before.as_ref(),
        deadline: args.deadline,
    };
    let kernels = kernels::named(args.kernel.as_deref())?;
    let jobs = args.jobs.map_or_else(jobs::suitable, NonZero::get);
    let long = Long::new(format!("{} is loaded on Linux {} …", object.shown, kernels.join(", ")));
    let verified = Verified {
        columns: columns(&trial, &kernels, jobs)?,
        file: object.shown.clone(),
        before: before.as_ref().map(|before| before.shown.clone()),
        took: start.elapsed(),
    };
    drop(long);
    print(&match format {
        Format::Text => text(&verified),
        Format::Json => json::render(&verified),
        Format::Junit => junit::render(&verified),
    })?;
    Ok(verified.exit_code())
}

/// Runs the trial on each kernel, at most `jobs` at a time. A machine ends with the thread that started it,
/// so a worker sees each of its trials to the end.
fn columns(trial: &Trial<'_>, kernels: &[String], jobs: usize) -> Result<Vec<Column>, Error> {
    let next = AtomicUsize::new(0);
    let columns = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..jobs.min(kernels.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(series) = kernels.get(index) else { return };
                    let column = trial.on(series, &mut say);
                    columns.lock().unwrap_or_else(PoisonError::into_inner).push((index, column));
                }
            });
        }
    });
    let mut columns = columns.into_inner().unwrap_or_else(PoisonError::into_inner);
    columns.sort_by_key(|(index, _)| *index);
    columns.into_iter().map(|(_, column)| column).collect()
}
