//! What the learner has done so far, in the user's state folder: `labrunner/progress.toml`.
//!
//! A lab is known by its name and by what its manifest was when it was passed, so an update of the
//! course loses nothing, and a lab that has changed since can be told.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};

use crate::course::{Course, Lab};
use crate::error::Error;
use crate::judge::Verdict;
use crate::manifest::Exercise;
use crate::report::Report;
use crate::subject::Subject;
use crate::versioned;

/// The version of the format that is written and understood.
const VERSION: u32 = 1;

/// What the learner has done so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// By the title of the lab, such as `ch2 hello-map`. Those that the course has no more stay.
    #[serde(default)]
    labs: BTreeMap<String, Done>,
}

/// What was done of one lab.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// A digest of the manifest that it had when it was last run.
    #[serde(default)]
    pub was: String,
    /// When its program first passed, in seconds since 1970.
    pub passed: Option<u64>,
    /// The last verdict on its program: `pass`, `fail`.
    pub last: Option<String>,
    /// How long that run took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// Known mistakes that were looked at.
    #[serde(default)]
    pub breaks: BTreeSet<String>,
    /// Exercises that were solved.
    #[serde(default)]
    pub exercises: BTreeSet<String>,
    /// How many hints were given: of the lab under the empty name, else of the exercise.
    #[serde(default)]
    pub hints: BTreeMap<String, usize>,
}

/// How far a lab is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Not run yet.
    New,
    /// Run, and not passed.
    Begun,
    /// Its program passed.
    Passed,
    /// That, and all its exercises are solved.
    Complete,
}

impl Progress {
    /// Reads it, and a sentence for the learner if it could not be read.
    pub fn load() -> (Self, Option<String>) {
        path().map_or_else(|| (Self::default(), None), |path| versioned::load(&path, VERSION))
    }

    /// What was done of this lab.
    pub fn of(&self, lab: &Lab) -> Option<&Done> {
        self.labs.get(&lab.title())
    }

    /// How many hints were given for this lab, or for an exercise of it.
    pub fn hints(&self, lab: &Lab, exercise: Option<&Exercise>) -> usize {
        let name = exercise.map_or("", |exercise| exercise.name.as_str());
        self.of(lab).and_then(|done| done.hints.get(name)).copied().unwrap_or(0)
    }

    /// How far it is.
    pub fn state(&self, lab: &Lab) -> State {
        let Some(done) = self.of(lab) else { return State::New };
        let solved = |name: &String| done.exercises.contains(name);
        match done.passed {
            None if done.last.is_none() && done.exercises.is_empty() => State::New,
            None => State::Begun,
            Some(_) if lab.manifest.exercises.is_empty() => State::Passed,
            Some(_) if lab.manifest.exercises.iter().all(|e| solved(&e.name)) => State::Complete,
            Some(_) => State::Passed,
        }
    }

    /// Adds what was done elsewhere: what was passed, solved or seen in either counts. Of the last runs,
    /// one that passed is kept.
    fn add(&mut self, other: Self) {
        for (title, theirs) in other.labs {
            let ours = self.labs.entry(title).or_default();
            ours.passed = match (ours.passed, theirs.passed) {
                (Some(ours), Some(theirs)) => Some(ours.min(theirs)),
                (ours, theirs) => ours.or(theirs),
            };
            if ours.last.as_deref() != Some("pass") && theirs.last.is_some() {
                (ours.last, ours.took_ms) = (theirs.last, theirs.took_ms);
                ours.was = theirs.was;
            }
            ours.breaks.extend(theirs.breaks);
            ours.exercises.extend(theirs.exercises);
            for (name, given) in theirs.hints {
                let ours = ours.hints.entry(name).or_default();
                *ours = given.max(*ours);
            }
        }
    }

    /// The labs that have been passed.
    pub fn passed(&self, labs: &[&Lab]) -> usize {
        let is_passed = |lab: &&&Lab| matches!(self.state(lab), State::Passed | State::Complete);
        labs.iter().filter(is_passed).count()
    }

    /// The exercises of a lab that have been solved.
    pub fn solved(&self, lab: &Lab) -> usize {
        let solved = self.of(lab).map(|done| &done.exercises);
        let exercises = lab.manifest.exercises.iter();
        exercises.filter(|e| solved.is_some_and(|solved| solved.contains(&e.name))).count()
    }

    /// The first lab of the course that has not been passed. Those of a collection are for looking up.
    pub fn next<'a>(&self, course: &'a Course) -> Option<&'a Lab> {
        let of_course = course.labs.iter().filter(|lab| lab.collection().is_none());
        of_course.into_iter().find(|lab| matches!(self.state(lab), State::New | State::Begun))
    }
}

/// Writes down what came of a run; a sentence for the learner if that cannot be done. A verdict on the
/// machine is none on the learner's program.
pub fn note(course: &Course, lab: &Lab, subject: Subject<'_>, report: &Report) -> Option<String> {
    let verdict = match report.verdict {
        Verdict::Pass => "pass",
        Verdict::Fail(_) | Verdict::Timeout { .. } => "fail",
        Verdict::Skipped(_) | Verdict::Environment(_) => return None,
    };
    let passed = verdict == "pass";
    change(course, lab, |done| match subject {
        Subject::Program => {
            done.last = Some(verdict.into());
            let took: Duration = report.stages.iter().map(|timing| timing.took).sum();
            done.took_ms = Some(took.as_millis() as u64);
            if passed {
                done.passed.get_or_insert_with(now);
            }
        }
        Subject::Break(known) if passed => {
            done.breaks.insert(known.name.clone());
        }
        Subject::Exercise(exercise) if passed => {
            done.exercises.insert(exercise.name.clone());
        }
        _ => {}
    })
}

/// Counts a hint of the lab, or of an exercise of it; a sentence if that cannot be written down.
pub fn note_hint(
    course: &Course,
    lab: &Lab,
    exercise: Option<&Exercise>,
    given: usize,
) -> Option<String> {
    let name = exercise.map_or("", |exercise| exercise.name.as_str());
    change(course, lab, |done| {
        done.hints.insert(name.into(), given);
    })
}

/// The progress as a text that [`import`] takes.
pub fn export(progress: &Progress) -> Result<String, Error> {
    versioned::text(VERSION, progress)
        .map_err(|e| Error::unable(format!("your progress cannot be written down: {e}."), ""))
}

/// Adds what was done elsewhere; how many labs that tells of. `name` is where the text comes from.
///
/// # Errors
/// The text is no progress, or of a newer labrunner; or it cannot be written down.
pub fn import(text: &str, name: &str) -> Result<usize, Error> {
    let other: Progress = versioned::parse(text, VERSION).ok_or_else(|| {
        Error::Usage(match versioned::is_newer(text, VERSION) {
            true => format!(
                "{name} is of a newer labrunner. Update this one, or export it again there."
            ),
            false => format!(
                "{name} is not what `labrunner progress export` prints. Nothing was changed."
            ),
        })
    })?;
    let number = other.labs.len();
    let path = path().ok_or_else(|| {
        Error::unable(
            "there is no home folder to keep your progress in.",
            "Name one with XDG_STATE_HOME.",
        )
    })?;
    versioned::update(&path, VERSION, |progress: &mut Progress| progress.add(other)).map_err(
        |e| {
            Error::unable(
                format!("your progress cannot be written to {}: {e}.", path.display()),
                "Name another folder with XDG_STATE_HOME=/path.",
            )
        },
    )?;
    Ok(number)
}

fn change(course: &Course, lab: &Lab, change: impl FnOnce(&mut Done)) -> Option<String> {
    let path = path()?;
    let was = digest(course, lab);
    let changed = versioned::update(&path, VERSION, |progress: &mut Progress| {
        let done = progress.labs.entry(lab.title()).or_default();
        done.was = was;
        change(done);
    });
    let error = changed.err()?;
    Some(format!("Your progress is not written down: {}: {error}.", path.display()))
}

/// What a lab was: a short digest of its manifest (FNV-1a).
fn digest(course: &Course, lab: &Lab) -> String {
    let manifest = fs::read(course.root.join(&lab.folder).join("lab.toml")).unwrap_or_default();
    let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    format!("{:016x}", manifest.iter().fold(0xcbf2_9ce4_8422_2325, fold))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// `None` where there is no home folder: then nothing is kept.
pub(crate) fn path() -> Option<PathBuf> {
    let strategy = etcetera::base_strategy::Xdg::new().ok()?;
    Some(strategy.state_dir()?.join("labrunner/progress.toml"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_lab_goes_from_new_to_complete() {
        let course = Course::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let lab = course.labs.iter().find(|lab| !lab.manifest.exercises.is_empty()).unwrap();
        let mut progress = Progress::default();
        assert_eq!(progress.state(lab), State::New);
        let mut set = |done: Done| {
            progress.labs.insert(lab.title(), done);
            progress.state(lab)
        };
        let failed = Done { last: Some("fail".into()), ..Done::default() };
        assert_eq!(set(failed.clone()), State::Begun);
        let passed = Done { passed: Some(1), last: Some("pass".into()), ..failed };
        assert_eq!(set(passed.clone()), State::Passed);
        let exercises = lab.manifest.exercises.iter().map(|e| e.name.clone()).collect();
        assert_eq!(set(Done { exercises, ..passed }), State::Complete);
    }

    #[test]
    fn the_file_keeps_labs_that_the_course_has_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("progress.toml");
        fs::write(&path, "version = 1\n[labs.\"ch2 gone\"]\npassed = 7\n").unwrap();
        versioned::update(&path, VERSION, |progress: &mut Progress| {
            progress.labs.entry("ch2 hello".into()).or_default().last = Some("fail".into());
        })
        .unwrap();
        let (progress, said) = versioned::load::<Progress>(&path, VERSION);
        assert_eq!((said, progress.labs["ch2 gone"].passed), (None, Some(7)));
        assert_eq!(progress.labs["ch2 hello"].last.as_deref(), Some("fail"));
    }
}
