//! `labrunner next`, and `labrunner` alone: where the learner is, and how to go on.

use super::{course, print};
use crate::course::{Course, Lab};
use crate::error::{Error, PASSED};
use crate::progress::Progress;

/// Prints which lab comes next.
pub fn run() -> Result<u8, Error> {
    let course = course()?;
    let progress = super::progress();
    print(&next(&course, &progress))?;
    Ok(PASSED)
}

/// Prints how far the learner is, and what comes next.
pub fn overview() -> Result<u8, Error> {
    let course = course()?;
    let progress = super::progress();
    let labs: Vec<&Lab> = course.labs.iter().filter(|lab| lab.collection().is_none()).collect();
    let passed = progress.passed(&labs);
    let solved: usize =
        labs.iter().filter_map(|lab| progress.of(lab)).map(|done| done.exercises.len()).sum();
    let exercises: usize = labs.iter().map(|lab| lab.manifest.exercises.len()).sum();
    print(&format!(
        "{passed} of {} labs passed, {solved} of {exercises} exercises solved.\n\n{}\n\
         The book: labrunner book. All labs: labrunner list. All commands: labrunner --help.\n",
        labs.len(),
        next(&course, &progress)
    ))?;
    Ok(PASSED)
}

fn next(course: &Course, progress: &Progress) -> String {
    let Some(lab) = progress.next(course) else {
        return "You have passed every lab. Exercises are left in: labrunner list\n".into();
    };
    let (title, summary) = (lab.title(), &lab.manifest.summary);
    let mut text = format!("Next: {title} · {summary}\n  labrunner {title}\n");
    let page = format!("book/src/{}/{}.md", lab.chapter, lab.name);
    let program = lab.source().display().to_string();
    if course.root.join(page).exists() {
        text += &format!("  its page: labrunner {title} --page\n");
    }
    if course.root.join(&program).exists() {
        text += &format!("  its program: {program}\n");
    }
    text
}
