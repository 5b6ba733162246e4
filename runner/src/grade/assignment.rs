//! `assignment.toml`: the tasks of an assignment and their points.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::task::Task;
use crate::course::Course;
use crate::error::Error;

/// A parsed assignment. Unknown keys are errors, so that a typing mistake is noticed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// What the results call it.
    pub title: Option<String>,
    /// Kernel series that it is graded on, where the command line says none.
    pub kernel: Option<String>,
    /// What is graded.
    #[serde(rename = "task")]
    tasks: Vec<Wanted>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// `ch2/hello-map`.
    lab: String,
    exercise: Option<String>,
    /// The learner's own program is run.
    #[serde(default)]
    program: bool,
    #[serde(default = "one")]
    points: f64,
}

fn one() -> f64 {
    1.0
}

impl Assignment {
    /// Reads an assignment file.
    ///
    /// # Errors
    /// It cannot be read, or is none.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let wrong = |what: String| Error::Usage(format!("{}: {what}", path.display()));
        let text = fs::read_to_string(path).map_err(|e| wrong(format!("cannot be read: {e}")))?;
        Self::parse(&text).map_err(wrong)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let assignment: Self = toml::from_str(text).map_err(|e| e.to_string())?;
        let points = assignment.tasks.iter().map(|task| task.points);
        match points.into_iter().find(|points| !points.is_finite() || *points < 0.0) {
            Some(points) => Err(format!("`points = {points}`: points are a number from 0 on")),
            None => Ok(assignment),
        }
    }

    /// Its tasks.
    ///
    /// # Errors
    /// The course has not got one of them, or it is named twice.
    pub fn tasks<'a>(&self, course: &'a Course) -> Result<Vec<Task<'a>>, Error> {
        let task = |wanted: &Wanted| {
            let exercise = wanted.exercise.as_deref();
            let task = Task::named(course, &wanted.lab, exercise, wanted.program)?;
            Ok(Task { points: wanted.points, ..task })
        };
        let tasks: Vec<Task<'a>> = self.tasks.iter().map(task).collect::<Result<_, Error>>()?;
        once(&tasks)?;
        Ok(tasks)
    }
}

/// Sees to it that no task is there twice.
///
/// # Errors
/// One is.
pub fn once(tasks: &[Task<'_>]) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    match tasks.iter().map(Task::label).find(|label| !seen.insert(label.clone())) {
        Some(label) => Err(Error::Usage(format!("The task {label} is named twice."))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tasks(text: &str) -> String {
        let course = Course::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let parsed = Assignment::parse(text).map_err(Error::Usage);
        let shown = |task: &Task<'_>| format!("{} {}", task.label(), task.points);
        match parsed.and_then(|assignment| assignment.tasks(&course)) {
            Ok(tasks) => tasks.iter().map(shown).collect::<Vec<_>>().join(", "),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn tasks_have_points() {
        let text = "title = 'Week 2'\n[[task]]\nlab = 'ch2/hello-map'\n\
                    [[task]]\nlab = 'hello-map'\nexercise = 'gid'\npoints = 2.5\n";
        assert_eq!(tasks(text), "ch2/hello-map 1, ch2/hello-map:gid 2.5");
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            ("[[task]]\nlab = 'ch2/helo'\n", "Did you mean `hello`?"),
            ("[[task]]\nlab = 'ch2/hello-map'\nexercise = 'gidd'\n", "Did you mean `gid`?"),
            ("[[task]]\nlab = 'hello'\nponits = 2\n", "unknown field `ponits`"),
            ("[[task]]\nlab = 'ch2/hello'\npoints = -1\n", "points are a number from 0 on"),
            ("[[task]]\nlab = 'ch2/hello'\npoints = nan\n", "points are a number from 0 on"),
            ("[[task]]\nlab = 'hello'\n[[task]]\nlab = 'ch2/hello'\n", "named twice"),
            ("title = 'x'\n", "missing field `task`"),
        ] {
            assert!(tasks(text).contains(expected), "{text}: {}", tasks(text));
        }
    }
}
