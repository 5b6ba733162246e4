//! `labrunner hint`: one hint more, each time.

use super::{chosen, course, print, say};
use crate::cli::HintArgs;
use crate::error::{Error, PASSED};
use crate::hint;
use crate::left::Left;
use crate::progress::note_hint;

/// Prints the next hint, or all of them.
pub fn run(args: &HintArgs) -> Result<u8, Error> {
    let course = course()?;
    let progress = super::progress();
    let lab = chosen(&course, &progress, &args.lab)?;
    let unnamed = args.lab.chapter.is_none();
    // Where no lab is named, neither is the exercise that is being solved.
    let left = Left::load().0.exercise(lab, &progress).filter(|_| unnamed);
    let name = args.exercise.clone().or(left);
    let exercise = name.as_deref().map(|name| lab.find_exercise(name)).transpose()?;
    let given = hint::give(lab, exercise, progress.hints(lab, exercise), args.all);
    if unnamed {
        let task =
            exercise.map_or(String::new(), |exercise| format!(", exercise {}", exercise.name));
        print(&format!("{}{task}\n", lab.title()))?;
    }
    print(&given.lines.concat())?;
    given.last.iter().for_each(|sentence| say(sentence));
    let noted = note_hint(&course, lab, exercise, given.lines.len());
    noted.iter().for_each(|sentence| say(sentence));
    Ok(PASSED)
}
