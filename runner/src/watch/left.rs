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

use super::target::Target;
use crate::course::{Course, Lab};
use crate::progress::{Progress, State};
use crate::versioned;

/// The version of the format that is written and understood.
const VERSION: u32 = 1;

/// What was watched last.
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

    /// The lab to go on with: the one that was watched last, if it has not been passed, or else the next
    /// one of the course.
    pub fn lab<'a>(&self, course: &'a Course, progress: &Progress) -> Option<&'a Lab> {
        let last = course.labs.iter().find(|lab| Some(lab.title()) == self.lab);
        let is_open = |lab: &&Lab| {
            let begun = matches!(progress.state(lab), State::New | State::Begun);
            begun || self.exercise(lab, progress).is_some()
        };
        last.filter(is_open).or_else(|| progress.next(course))
    }

    /// The exercise of a lab to go on with, if it is not solved yet.
    pub fn exercise(&self, lab: &Lab, progress: &Progress) -> Option<String> {
        let name = self.exercises.get(&lab.title())?;
        let solved = progress.of(lab).is_some_and(|done| done.exercises.contains(name));
        (!solved && lab.find_exercise(name).is_ok()).then(|| name.clone())
    }
}

/// Writes down what is watched now; a sentence for the learner if that cannot be done.
pub fn note(root: &Path, target: &Target) -> Option<String> {
    let path = path()?;
    let title = target.lab.title();
    let changed = versioned::update(&path, VERSION, |left: &mut Left| {
        left.course = Some(root.into());
        left.lab = Some(title.clone());
        match &target.exercise {
            Some(name) => left.exercises.insert(title.clone(), name.clone()),
            None => left.exercises.remove(&title),
        };
    });
    let error = changed.err()?;
    Some(format!("What you watch is not written down: {}: {error}.", path.display()))
}

/// `None` where there is no home folder: then nothing is kept.
fn path() -> Option<PathBuf> {
    let strategy = etcetera::base_strategy::Xdg::new().ok()?;
    Some(strategy.state_dir()?.join("labrunner/watch.toml"))
}
