//! Where the learner left off, in the user's state folder: `labrunner/watch.toml`.
//!
//! ```toml
//! version = 1
//! course = "/home/ada/ebpf"
//! lab = "ch2 hello-map"
//!
//! [exercises]
//! "ch2 hello-map" = "gid"
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};

use crate::course::{Course, Lab};
use crate::progress::Progress;
use crate::subject::Subject;
use crate::versioned;

/// The version of the format that is written and understood.
const VERSION: u32 = 1;

/// What was worked at last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The folder of the course.
    pub course: Option<PathBuf>,
    /// The title of the lab.
    pub lab: Option<String>,
    /// By the title of a lab, the exercise that was being solved.
    #[serde(default)]
    pub exercises: BTreeMap<String, String>,
}

impl Left {
    /// Reads it, and a sentence for the learner if it could not be read.
    pub fn load() -> (Self, Option<String>) {
        path().map_or_else(|| (Self::default(), None), |path| versioned::load(&path, VERSION))
    }

    /// The lab to go on with: the one that was run or watched last, or else the next one of the course.
    pub fn lab<'a>(&self, course: &'a Course, progress: &Progress) -> Option<&'a Lab> {
        let last = course.labs.iter().find(|lab| Some(lab.title()) == self.lab);
        last.or_else(|| progress.next(course))
    }

    /// The exercise of a lab to go on with, if it is not solved yet.
    pub fn exercise(&self, lab: &Lab, progress: &Progress) -> Option<String> {
        let name = self.exercises.get(&lab.title())?;
        let solved = progress.of(lab).is_some_and(|done| done.exercises.contains(name));
        (!solved && lab.find_exercise(name).is_ok()).then(|| name.clone())
    }
}

/// Writes down what is worked at now: a lab, or an exercise of it. A sentence for the learner if that cannot
/// be done.
pub fn note(root: &Path, lab: &Lab, exercise: Option<&str>) -> Option<String> {
    change(root, lab, |left| match exercise {
        Some(name) => left.exercises.insert(lab.title(), name.into()),
        None => left.exercises.remove(&lab.title()),
    })
}

/// Writes down what was run. A look at something else than the learner's own program changes nothing of
/// the exercise that is being solved.
pub fn note_run(root: &Path, lab: &Lab, subject: Subject<'_>) -> Option<String> {
    match subject {
        Subject::Program => note(root, lab, None),
        Subject::Exercise(exercise) => note(root, lab, Some(&exercise.name)),
        _ => change(root, lab, |_| None),
    }
}

fn change(
    root: &Path,
    lab: &Lab,
    exercise: impl FnOnce(&mut Left) -> Option<String>,
) -> Option<String> {
    let path = path()?;
    let changed = versioned::update(&path, VERSION, |left: &mut Left| {
        left.course = Some(root.into());
        left.lab = Some(lab.title());
        exercise(left);
    });
    let error = changed.err()?;
    Some(format!("What you work at is not written down: {}: {error}.", path.display()))
}

/// `None` where there is no home folder: then nothing is kept.
fn path() -> Option<PathBuf> {
    let strategy = etcetera::base_strategy::Xdg::new().ok()?;
    Some(strategy.state_dir()?.join("labrunner/watch.toml"))
}
