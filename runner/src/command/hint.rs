//! `labrunner hint`: one hint more, each time.

use super::{course, print, say};
use crate::cli::HintArgs;
use crate::error::{Error, PASSED};
use crate::progress::{Progress, note_hint};

/// Prints the next hint, or all of them.
pub fn run(args: &HintArgs) -> Result<u8, Error> {
    let course = course()?;
    let (progress, said) = Progress::load();
    said.iter().for_each(|sentence| say(sentence));
    let lab = match args.chapter.as_deref() {
        Some(chapter) => course.lab(chapter, args.lab.as_deref())?,
        None => progress.next(&course).ok_or_else(|| {
            Error::Usage("You have passed every lab. Name the one that the hint is for.".into())
        })?,
    };
    let exercise = args.exercise.as_deref().map(|name| lab.find_exercise(name)).transpose()?;
    let (name, hints) = match exercise {
        Some(exercise) => (exercise.name.as_str(), &exercise.hints),
        None => ("", &lab.manifest.hints),
    };
    let given = progress.of(lab).and_then(|done| done.hints.get(name)).copied().unwrap_or(0);
    let shown = if args.all { hints.len() } else { (given + 1).min(hints.len()) };
    for (number, hint) in hints.iter().enumerate().take(shown) {
        print(&format!("{}/{} {hint}\n", number + 1, hints.len()))?;
    }
    if shown == hints.len() {
        let title = lab.title();
        match exercise {
            Some(exercise) => say(&format!(
                "That was the last one. The solution: labrunner {title} --exercise {} --solution",
                exercise.name
            )),
            None => say("That was the last one."),
        }
    }
    note_hint(&course, lab, name, shown).iter().for_each(|sentence| say(sentence));
    Ok(PASSED)
}
