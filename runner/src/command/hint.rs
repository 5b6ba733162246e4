//! `labrunner hint`: one hint more, each time.

use super::{chosen, course, print, say};
use crate::cli::HintArgs;
use crate::error::{Error, PASSED};
use crate::progress::note_hint;

/// Prints the next hint, or all of them.
pub fn run(args: &HintArgs) -> Result<u8, Error> {
    let course = course()?;
    let progress = super::progress();
    let lab = chosen(&course, &progress, &args.lab)?;
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
                "That was the last one. The solution: labrunner solution {title} --exercise {}",
                exercise.name
            )),
            None => say(&format!(
                "That was the last one. The program as it is shipped: labrunner solution {title}"
            )),
        }
    }
    note_hint(&course, lab, name, shown).iter().for_each(|sentence| say(sentence));
    Ok(PASSED)
}
