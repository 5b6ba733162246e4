//! `labrunner solution`: what the course's own program has that the learner's has not.

use std::io::{BufRead, IsTerminal, Write};

use super::{chosen, course, print, progress};
use crate::cli::SolutionArgs;
use crate::course::Lab;
use crate::edit;
use crate::error::{Error, PASSED};
use crate::progress::{Progress, State};
use crate::render::diff;
use crate::shipped::Shipped;

/// Prints the difference between the learner's program and the course's.
pub fn run(args: &SolutionArgs) -> Result<u8, Error> {
    let course = course()?;
    let progress = progress();
    let lab = chosen(&course, &progress, &args.lab)?;
    let exercise = args.exercise.as_deref().map(|name| lab.find_exercise(name)).transpose()?;
    let title = lab.title();
    if !lab.manifest.object {
        return Err(Error::Usage(format!(
            "{title} has no BPF program, so there is nothing to solve."
        )));
    }
    let name = exercise.map(|exercise| exercise.name.as_str());
    if !args.yes && !is_solved(&progress, lab, name) && !may_show(&title, name)? {
        return Ok(PASSED);
    }
    let yours = edit::source(&course, lab)?;
    let shipped = Shipped::find(&course)?.text(&lab.source())?;
    let solution = match exercise {
        Some(exercise) => edit::apply(&course, lab, &exercise.solution, &shipped)?.text,
        None => shipped,
    };
    let path = lab.source().display().to_string();
    let lines = diff::unified(&yours, &solution);
    print(&match (lines.is_empty(), exercise) {
        (true, None) => format!("{path} is as the course ships it.\n"),
        (true, Some(_)) => format!("{path} is the course's solution, letter for letter.\n"),
        (false, _) => format!("From your {path} to the course's:\n\n{lines}"),
    })?;
    if exercise.is_none() && !lab.manifest.exercises.is_empty() {
        let names: Vec<&str> = lab.manifest.exercises.iter().map(|e| e.name.as_str()).collect();
        let names = names.join(", ");
        print(&format!(
            "\nOf an exercise: labrunner solution {title} --exercise NAME ({names})\n"
        ))?;
    }
    Ok(PASSED)
}

fn is_solved(progress: &Progress, lab: &Lab, exercise: Option<&str>) -> bool {
    match exercise {
        Some(name) => progress.of(lab).is_some_and(|done| done.exercises.contains(name)),
        None => matches!(progress.state(lab), State::Passed | State::Complete),
    }
}

/// Asks whether it may be shown.
fn may_show(title: &str, exercise: Option<&str>) -> Result<bool, Error> {
    let option = exercise.map(|name| format!(" --exercise {name}")).unwrap_or_default();
    let hint = format!("labrunner hint {title}{option}");
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(Error::Usage(format!(
            "{title}{option} is not solved yet. One hint more: {hint}\n\
             To see the solution all the same, add --yes."
        )));
    }
    let mut err = std::io::stderr();
    let _ =
        write!(err, "You have not solved it yet. One hint more: {hint}\nShow the solution? [y/N] ");
    let _ = err.flush();
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    Ok(read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes"))
}
