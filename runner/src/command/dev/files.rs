//! Whether the files of a lab are all there and agree with each other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::check::plan::rows;
use crate::course::{Course, Lab};
use crate::error::Error;
use crate::expected;
use crate::kernels;
use crate::manifest::FEATURES;
use crate::stage::Stage;
use crate::subject::Subject;

/// How many hints a lab and an exercise have: where to look, the idea, nearly the edit.
const HINTS: usize = 3;

/// Where the pages are.
const PAGES: &str = "book/src";

/// Where the lab programs are, and what is there besides labs.
const PROGRAMS: &str = "labs/src/bin";

/// Where each feature that a lab may need is tried.
const PROBE: &str = "labs/src/bin/probe/feature.rs";

/// What these labs lack, each with the file, the line where there is one, and the remedy.
pub(super) fn problems(course: &Course, labs: &[&Lab]) -> Result<Vec<String>, Error> {
    let mut problems = Vec::new();
    let summary = text(course, Path::new(PAGES).join("SUMMARY.md"))?;
    for lab in labs {
        of_manifest(course, lab, &mut problems)?;
        of_edits(course, lab, &mut problems);
        of_snapshots(course, lab, &mut problems)?;
        of_page(course, lab, &summary, &mut problems);
        let program = Path::new(PROGRAMS).join(format!("{}.rs", lab.binary()));
        if !course.root.join(&program).is_file() {
            problems.push(format!("{}: not there; it is the lab's program", program.display()));
        }
    }
    Ok(problems)
}

fn of_manifest(course: &Course, lab: &Lab, problems: &mut Vec<String>) -> Result<(), Error> {
    let path = lab.folder.join("lab.toml");
    let manifest = text(course, path.clone())?;
    let mut add = |word: &str, what: String| {
        let line = 1 + manifest.lines().position(|line| line.contains(word)).unwrap_or_default();
        problems.push(format!("{}:{line}: {what}", path.display()));
    };
    let exercises = lab.manifest.exercises.iter().map(|e| (e.name.as_str(), &e.hints));
    for (name, hints) in [(lab.name.as_str(), &lab.manifest.hints)].into_iter().chain(exercises) {
        if hints.len() != HINTS {
            let found = hints.len();
            add(
                "hints",
                format!(
                    "{name} has {found} hints, not {HINTS}: where to look, the idea, nearly the edit"
                ),
            );
        }
    }
    for exercise in lab.manifest.exercises.iter().filter(|e| e.wrong.is_empty()) {
        add(
            &format!("name = \"{}\"", exercise.name),
            format!(
                "the exercise {} has no [[exercise.wrong]], so nothing shows that its check can fail",
                exercise.name
            ),
        );
    }
    let has_edits = !lab.manifest.breaks.is_empty() || !lab.manifest.exercises.is_empty();
    let source = lab.source();
    match (lab.manifest.object, course.root.join(&source).is_file()) {
        (true, false) => add("summary", format!("{} is not there", source.display())),
        (false, _) if has_edits => {
            add("object", "it has edits, and says that it has no BPF C".into())
        }
        (false, true) => add("object", format!("{} is there all the same", source.display())),
        _ => {}
    }
    Ok(())
}

/// Each patch applies, and none lies about that nobody names.
fn of_edits(course: &Course, lab: &Lab, problems: &mut Vec<String>) {
    let mut named = BTreeSet::new();
    for row in rows(&[lab]) {
        let Some(patch) = row.subject.patch() else { continue };
        named.insert(patch.to_string());
        if let Err(error) = row.subject.edited(course, lab) {
            problems.push(error.to_string());
        }
    }
    for folder in ["breaks", "exercises"] {
        for file in names(&course.root.join(&lab.folder).join(folder)) {
            let patch = format!("{folder}/{file}");
            if !named.contains(&patch) {
                let path = lab.folder.join(&patch);
                problems.push(format!("{}: lab.toml does not name it", path.display()));
            }
        }
    }
}

/// Everything that is compared with a snapshot has one.
fn of_snapshots(course: &Course, lab: &Lab, problems: &mut Vec<String>) -> Result<(), Error> {
    let all = if lab.manifest.varies { kernels::named(Some(kernels::ALL))? } else { Vec::new() };
    for row in rows(&[lab]).iter().filter(|row| is_compared(row.subject)) {
        let name = row.subject.expected_name(lab);
        let needed = match lab.manifest.varies {
            true => all.iter().map(|series| expected::on_series(&name, series)).collect(),
            false => vec![name],
        };
        for path in needed.iter().map(|name| expected::file(name)) {
            if !course.root.join(&path).is_file() {
                problems.push(format!(
                    "{}: not there. Write it down: labrunner dev record {}",
                    path.display(),
                    lab.title()
                ));
            }
        }
    }
    Ok(())
}

/// Whether what this prints is compared with a snapshot on most kernels.
fn is_compared(subject: Subject<'_>) -> bool {
    let declared = |stage| stage == Stage::Compare;
    subject.mistake().is_none_or(|m| declared(m.failure.stage) && !m.failure.loads)
}

/// There is a page, the book lists it, and it shows every break and exercise.
fn of_page(course: &Course, lab: &Lab, summary: &str, problems: &mut Vec<String>) {
    // Names with a `/` are of a collection, whose pages lie in a folder of their own.
    let inside = format!("{}/{}.md", lab.chapter, lab.name);
    let path = Path::new(PAGES).join(&inside);
    if !summary.contains(&format!("({inside})")) {
        problems.push(format!("{PAGES}/SUMMARY.md: does not list {inside}"));
    }
    let Ok(page) = fs::read_to_string(course.root.join(&path)) else {
        problems.push(format!("{}: not there; it is the lab's page", path.display()));
        return;
    };
    let command = format!("labrunner {}", lab.title());
    if !page.contains(&command) {
        problems.push(format!("{}: does not show `{command}`", path.display()));
    }
    for row in rows(&[lab]) {
        let missing = match row.subject {
            Subject::Break(known) => format!("{}/{}", lab.folder.display(), known.patch),
            Subject::Solution(exercise) => format!("--exercise {}", exercise.name),
            _ => continue,
        };
        if !page.contains(&missing) {
            problems.push(format!("{}: does not show {missing}", path.display()));
        }
    }
}

/// Files that belong to no lab: programs, pages, snapshots; and features that nobody tries.
pub(super) fn strangers(course: &Course) -> Result<Vec<String>, Error> {
    let mut problems = Vec::new();
    let mut add = |path: PathBuf, what: &str| problems.push(format!("{}: {what}", path.display()));
    let programs: BTreeSet<String> = course.labs.iter().map(Lab::binary).collect();
    for file in names(&course.root.join(PROGRAMS)) {
        if file.strip_suffix(".rs").is_some_and(|name| !programs.contains(name)) {
            add(Path::new(PROGRAMS).join(&file), "the program of a lab that is not in labs-bpf/");
        }
    }
    let known: BTreeSet<String> = course
        .labs
        .iter()
        .flat_map(|lab| rows(&[lab]))
        .map(|row| row.subject.expected_name(row.lab))
        .collect();
    for file in names(&course.root.join(expected::FOLDER)) {
        let Some(name) = file.strip_suffix(".snap").filter(|name| name.starts_with("ch")) else {
            continue;
        };
        let name = name.split_once(".on-").map_or(name, |(name, _)| name);
        if !known.contains(name) {
            add(Path::new(expected::FOLDER).join(&file), "no lab prints it");
        }
    }
    let probe = text(course, PROBE.into())?;
    for feature in FEATURES.iter().filter(|feature| !probe.contains(&format!("\"{feature}\""))) {
        add(PROBE.into(), &format!("does not try the feature {feature}"));
    }
    Ok(problems)
}

/// The names of the files in a folder; none where there is no folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.filter(|entry| entry.path().is_file());
    let mut names: Vec<String> =
        files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn text(course: &Course, path: PathBuf) -> Result<String, Error> {
    fs::read_to_string(course.root.join(&path))
        .map_err(|e| Error::Usage(format!("cannot read {}: {e}", path.display())))
}
