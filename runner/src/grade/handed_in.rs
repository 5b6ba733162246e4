//! What a submission has for a task.

use std::path::{Path, PathBuf};

use super::files::{Folder, Unfit};
use super::submission::Submission;
use super::task::{Aim, Task};
use crate::course::Course;
use crate::edit;
use crate::error::Error;

/// Most bytes of BPF C. The course's have a few thousand.
const SOURCE: u64 = 1 << 20;

/// Most bytes of a program. Those of the labs have two million.
const PROGRAM: u64 = 32 << 20;

/// What there is for a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The BPF C, if the lab has any: the submission's or, for the sake of its program, the course's.
    pub source: Option<String>,
    /// The learner's program.
    pub program: Option<Vec<u8>>,
    /// The submission's file, relative to its folder.
    pub path: PathBuf,
    /// It is the course's own, to the letter.
    pub unchanged: bool,
}

/// Why there is nothing to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// Nothing was handed in; a sentence.
    Missing(String),
    /// What was handed in is not taken; a sentence.
    Refused(String),
}

/// Reads what a submission has for a task.
///
/// # Errors
/// The course's own files cannot be read.
pub fn read(
    course: &Course,
    submission: &Submission,
    task: &Task<'_>,
) -> Result<Result<Files, Lack>, Error> {
    let original = match task.lab.manifest.object {
        true => Some(edit::source(course, task.lab)?),
        false => None,
    };
    Ok(read_beside(course, submission, task, original))
}

fn read_beside(
    course: &Course,
    submission: &Submission,
    task: &Task<'_>,
    original: Option<String>,
) -> Result<Files, Lack> {
    let path = submission.folder.as_ref().map_err(|reason| Lack::Refused(reason.clone()))?;
    let folder = Folder::open(path)
        .map_err(|unfit| Lack::Refused(format!("the folder of the submission {unfit}")))?;
    let source = match original {
        Some(_) => first(&task.sources(course), |path| folder.read_text(path, SOURCE))?,
        None => None,
    };
    if task.program {
        let programs = task.programs();
        let (path, program) = first(&programs, |path| folder.read(path, PROGRAM))?
            .ok_or_else(|| missing(programs.last()))?;
        if !program.starts_with(b"\x7fELF") {
            return Err(Lack::Refused(format!("{} is no program (ELF)", path.display())));
        }
        let source = source.map(|(_, text)| text).or(original);
        return Ok(Files { source, program: Some(program), path, unchanged: false });
    }
    let (path, text) = source.ok_or_else(|| missing(Some(&task.lab.source())))?;
    let unchanged = original.is_some_and(|original| same(&text, &original));
    Ok(Files { source: Some(text), program: None, path, unchanged })
}

fn missing(path: Option<&PathBuf>) -> Lack {
    let path = path.map_or(String::new(), |path| path.display().to_string());
    Lack::Missing(format!("not handed in: there is no {path}"))
}

/// The first of these files that is there.
fn first<T>(
    paths: &[PathBuf],
    read: impl Fn(&Path) -> Result<Option<T>, Unfit>,
) -> Result<Option<(PathBuf, T)>, Lack> {
    for path in paths {
        match read(path) {
            Ok(None) => {}
            Ok(Some(contents)) => return Ok(Some((path.clone(), contents))),
            Err(unfit) => return Err(Lack::Refused(format!("{} {unfit}", path.display()))),
        }
    }
    Ok(None)
}

/// Whether two texts differ in no more than how lines end.
fn same(one: &str, other: &str) -> bool {
    one.lines().eq(other.lines())
}

/// What is to be graded of a submission: the tasks of an [`Aim`], or by what it has changed. A lab in which
/// something has changed stands for itself and all its exercises; the second value says so.
///
/// # Errors
/// The course's own files cannot be read.
pub fn tasks<'a>(
    course: &'a Course,
    submission: &Submission,
    aim: &Aim<'a>,
) -> Result<Vec<(Task<'a>, bool)>, Error> {
    let program = match aim {
        Aim::Named(tasks) => return Ok(tasks.iter().map(|task| (*task, false)).collect()),
        Aim::Changed { program } => *program,
    };
    let Some(folder) = submission.folder.as_ref().ok().and_then(|path| Folder::open(path).ok())
    else {
        return Ok(Vec::new());
    };
    let mut tasks = Vec::new();
    for lab in course.labs.iter().filter(|lab| program || lab.manifest.object) {
        let of = |exercise| Task { lab, exercise, program, points: 1.0 };
        let own_file = |task: &Task<'a>| {
            let exercise =
                task.exercise.map_or(String::new(), |exercise| format!("+{}", exercise.name));
            let paths = if program { task.programs() } else { task.sources(course) };
            let is_own = |path: &PathBuf| path.to_string_lossy().contains(&exercise);
            paths.into_iter().filter(is_own).collect::<Vec<PathBuf>>()
        };
        let has = |task: &Task<'a>| {
            // What is there and not taken has to be told of.
            let there = |path: &PathBuf| !matches!(folder.read(path, 0), Ok(None));
            own_file(task).iter().any(there)
        };
        let exercises = lab.manifest.exercises.iter().map(|exercise| of(Some(exercise)));
        tasks.extend(exercises.filter(has).map(|task| (task, false)));
        let task = of(None);
        if has(&task) {
            let unchanged = !program
                && matches!(read(course, submission, &task)?, Ok(Files { unchanged: true, .. }));
            tasks.extend((!unchanged).then_some((task, true)));
        }
    }
    Ok(tasks)
}
