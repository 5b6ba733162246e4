//! What a shell offers after Tab: labs, their mistakes and exercises, and kernels, by their names.
//!
//! The shell asks this program each time, so what it offers is what is there now.

use std::env;
use std::ffi::OsStr;

use clap_complete::engine::CompletionCandidate;

use crate::course::{Course, Lab};
use crate::kernels;

/// The variable by which a shell tells that it asks, and which shell it is.
pub const VARIABLE: &str = "LABRUNNER_COMPLETE";

/// Chapters, and the names of all labs once there is a letter of one.
pub fn chapters(typed: &OsStr) -> Vec<CompletionCandidate> {
    let Some(course) = course() else { return Vec::new() };
    let chapter = |name: &&str| {
        let count = course.labs.iter().filter(|lab| lab.chapter == **name).count();
        candidate(name, &format!("{count} {}", if count == 1 { "lab" } else { "labs" }))
    };
    let mut found: Vec<_> = course.chapters().iter().map(chapter).collect();
    if !typed.is_empty() {
        found.extend(course.labs.iter().map(|lab| candidate(&lab.name, &lab.title())));
    }
    beginning_with(typed, found)
}

/// The labs of the chapter that was typed. Those of a collection, such as the catalogue, once there is a
/// letter of its name.
pub fn labs(typed: &OsStr) -> Vec<CompletionCandidate> {
    let Some(course) = course() else { return Vec::new() };
    let words = words();
    let of_chapter = |lab: &&Lab| words.contains(&lab.chapter);
    let shown = |lab: &&Lab| lab.collection().is_none() || !typed.is_empty();
    let labs = course.labs.iter().filter(of_chapter).filter(shown);
    beginning_with(typed, labs.map(|lab| candidate(&lab.name, &lab.title())).collect())
}

/// The known mistakes of the lab that was typed.
pub fn breaks(typed: &OsStr) -> Vec<CompletionCandidate> {
    of_lab(typed, |lab| {
        lab.manifest.breaks.iter().map(|known| candidate(&known.name, &known.title)).collect()
    })
}

/// The exercises of the lab that was typed.
pub fn exercises(typed: &OsStr) -> Vec<CompletionCandidate> {
    of_lab(typed, |lab| {
        let exercises = lab.manifest.exercises.iter();
        exercises.map(|exercise| candidate(&exercise.name, &exercise.title)).collect()
    })
}

/// The kernels that were added.
pub fn kernels(typed: &OsStr) -> Vec<CompletionCandidate> {
    let added = kernels::named(Some("all")).unwrap_or_default();
    let mut found: Vec<_> =
        added.iter().map(|name| candidate(name, "a kernel that was added")).collect();
    found.push(candidate("all", "every kernel that was added"));
    beginning_with(typed, found)
}

fn of_lab(
    typed: &OsStr,
    names: impl Fn(&Lab) -> Vec<CompletionCandidate>,
) -> Vec<CompletionCandidate> {
    let found = course().and_then(|course| Some(names(typed_lab(&course, &words())?)));
    beginning_with(typed, found.unwrap_or_default())
}

/// The lab that is named by two words, or by one.
fn typed_lab<'a>(course: &'a Course, words: &[String]) -> Option<&'a Lab> {
    let is_chapter = |word: &String| course.chapters().contains(&word.as_str());
    let both = words.windows(2).filter(|pair| is_chapter(&pair[0]));
    let mut both = both.filter_map(|pair| course.lab(&pair[0], Some(&pair[1])).ok());
    let named = |word: &String| course.labs.iter().find(|lab| lab.name == *word);
    both.next().or_else(|| words.iter().find_map(named))
}

fn course() -> Option<Course> {
    Course::find(&env::current_dir().ok()?).ok()
}

/// What has been typed so far, which the shell gives after `--`.
fn words() -> Vec<String> {
    let words = env::args_os().skip_while(|word| word != "--").skip(1);
    words.map(|word| word.to_string_lossy().into_owned()).collect()
}

fn candidate(name: &str, what: &str) -> CompletionCandidate {
    CompletionCandidate::new(name).help(Some(what.to_string().into()))
}

fn beginning_with(typed: &OsStr, mut all: Vec<CompletionCandidate>) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    all.retain(|found| found.get_value().to_string_lossy().starts_with(&*typed));
    all
}
