//! What is to be run: rows of labs and their breaks, columns of kernels.

use crate::cancel::Cancel;
use crate::course::{Course, Lab, unknown};
use crate::engine::Engine;
use crate::error::{Error, Unable};
use crate::judge::{Failure, Verdict};
use crate::programs::Programs;
use crate::report::Report;
use crate::run::Request;
use crate::stage::Stage;
use crate::subject::Subject;

/// Rows by columns; each pair is one run.
pub struct Plan<'a> {
    /// The course.
    pub course: &'a Course,
    /// The programs that the course has built.
    pub programs: &'a Programs,
    /// What is run.
    pub rows: Vec<Row<'a>>,
    /// Where it is run.
    pub columns: Vec<Column>,
}

/// One thing that is run on every kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// The lab.
    pub lab: &'a Lab,
    /// What of it.
    pub subject: Subject<'a>,
}

/// One kernel.
pub struct Column {
    /// What people call it: its series, or `host`.
    pub name: String,
    /// Where it runs.
    pub engine: Box<dyn Engine + Send + Sync>,
    /// Its release, or why it does not run here.
    pub release: Result<String, Unable>,
}

impl Row<'_> {
    /// What a table calls it. The others follow their lab's program, so they are indented and do not
    /// repeat its name.
    pub fn label(&self) -> String {
        match self.subject {
            Subject::Program => self.lab.title(),
            other => format!("  {}", other.label()),
        }
    }

    /// The command that runs it alone on these kernels:
    /// `labrunner ch2 hello-map --break null-check --kernel 6.1,6.12`.
    pub fn command(&self, columns: &[&Column]) -> String {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let place = match columns.first().map(|column| column.engine.name()) {
            Some("host") => "--on host".to_string(),
            _ => format!("--kernel {}", names.join(",")),
        };
        format!("labrunner {}{} {place}", self.lab.title(), self.subject.options())
    }
}

impl Plan<'_> {
    /// How many runs it has.
    pub fn len(&self) -> usize {
        self.rows.len() * self.columns.len()
    }

    /// Whether there is nothing to run.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row and the column of the nth run: all of a row, then the next, so that rows are complete
    /// soon.
    pub fn place(&self, nth: usize) -> Option<(usize, usize)> {
        (nth < self.len()).then(|| (nth / self.columns.len(), nth % self.columns.len()))
    }

    /// Runs one of them. Whatever comes of it is a report: one that cannot run stops no other. When its
    /// machine went down, which an emulated one does once in some thousand runs, it gets another, and
    /// that is said.
    pub fn run(&self, row: &Row<'_>, column: &Column, say: &mut dyn FnMut(&str)) -> Report {
        let report = self.try_once(row, column, say);
        match &report.verdict {
            // One that oopsed or warned and went on has a transcript: that is no accident.
            Verdict::Environment(unable)
                if report.kernel.is_some() && report.transcript.is_none() =>
            {
                say(&format!(
                    "{} on {}: {} It gets another machine.",
                    row.label(),
                    column.name,
                    unable.problem
                ));
                self.try_once(row, column, say)
            }
            _ => report,
        }
    }

    fn try_once(&self, row: &Row<'_>, column: &Column, say: &mut dyn FnMut(&str)) -> Report {
        if let Err(unable) = &column.release {
            return without_a_run(row, column, Verdict::Environment(unable.clone()));
        }
        let request = Request {
            course: self.course,
            lab: row.lab,
            subject: row.subject,
            programs: self.programs,
            deadline: None,
            color: false,
            cancel: Cancel::default(),
        };
        request.run(&*column.engine, say).unwrap_or_else(|error| {
            let verdict = match error {
                Error::Environment(unable) => Verdict::Environment(unable),
                // A file of the course is not what it has to be; the other labs have theirs.
                Error::Usage(message) | Error::Build(message) => {
                    Verdict::Fail(Failure { stage: Stage::Compile, message, diff: None })
                }
            };
            without_a_run(row, column, verdict)
        })
    }
}

/// The report on what did not come so far as to run.
pub fn without_a_run(row: &Row<'_>, column: &Column, verdict: Verdict) -> Report {
    let mut report = Report::new(row.lab, row.subject, column.engine.name(), String::new());
    report.kernel = column.release.as_ref().ok().cloned();
    report.verdict = verdict;
    report
}

/// The rows of these labs.
pub fn rows<'a>(labs: &[&'a Lab]) -> Vec<Row<'a>> {
    labs.iter().flat_map(|lab| rows_of(lab)).collect()
}

/// The programs of the labs in these rows.
pub fn binaries(rows: &[Row<'_>]) -> Vec<String> {
    let mut binaries: Vec<String> = rows.iter().map(|row| row.lab.binary()).collect();
    binaries.dedup();
    binaries
}

/// Rows that hold of the course as it is shipped: no exercise is solved before the learner comes.
pub fn unsolved<'a>(labs: &[&'a Lab]) -> Vec<Row<'a>> {
    let of_lab = |lab: &'a Lab| {
        let exercises = lab.manifest.exercises.iter();
        exercises.map(move |exercise| Row { lab, subject: Subject::Shipped(exercise) })
    };
    labs.iter().flat_map(|lab| of_lab(lab)).collect()
}

/// The program, its breaks, and of each exercise the solution and what is known to be wrong.
fn rows_of(lab: &Lab) -> impl Iterator<Item = Row<'_>> {
    let breaks = lab.manifest.breaks.iter().map(Subject::Break);
    let exercises = lab.manifest.exercises.iter().flat_map(|exercise| {
        let wrong = exercise.wrong.iter().map(move |known| Subject::Wrong(exercise, known));
        std::iter::once(Subject::Solution(exercise)).chain(wrong)
    });
    let subjects = std::iter::once(Subject::Program).chain(breaks).chain(exercises);
    subjects.map(move |subject| Row { lab, subject })
}

/// The labs that the words name, in the order of the course; without words, all of them.
///
/// A word is a chapter (`ch2`), a lab (`hello-map`), or both (`ch2/hello-map`). A chapter followed by
/// labs of it, as in `ch2 hello-map`, means those labs only, as everywhere on the command line.
pub fn select<'a>(course: &'a Course, words: &[String]) -> Result<Vec<&'a Lab>, Error> {
    let chapters = course.chapters();
    let mut picked = Vec::new();
    let mut rest = words;
    while let [word, following @ ..] = rest {
        rest = following;
        if chapters.contains(&word.as_str()) {
            let of_chapter: Vec<&Lab> = course.labs.iter().filter(|l| l.chapter == *word).collect();
            let named: Vec<Vec<&Lab>> = following
                .iter()
                .map(|word| called(&of_chapter, word))
                .take_while(|labs| !labs.is_empty())
                .collect();
            rest = &following[named.len()..];
            picked.extend(if named.is_empty() { of_chapter } else { named.concat() });
            continue;
        }
        let all: Vec<&Lab> = course.labs.iter().collect();
        let named = called(&all, word);
        if !named.is_empty() {
            picked.extend(named);
        } else if word.contains('/') {
            picked.push(course.lab(word, None)?);
        } else {
            let labs = course.labs.iter().map(|lab| lab.name.as_str());
            let known: Vec<&str> = chapters.iter().copied().chain(labs).collect();
            return Err(unknown("chapter or lab", word, &known));
        }
    }
    Ok(course.labs.iter().filter(|lab| words.is_empty() || picked.contains(lab)).collect())
}

/// The labs that a name stands for: one, or all of a collection.
fn called<'a>(labs: &[&'a Lab], name: &str) -> Vec<&'a Lab> {
    let fits = |lab: &&&Lab| lab.name == name || lab.collection() == Some(name);
    labs.iter().filter(fits).copied().collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::engine::host::Host;
    use crate::engine::vm::Vm;

    fn selected(words: &str) -> String {
        let course = Course::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let words: Vec<String> = words.split_whitespace().map(str::to_string).collect();
        match select(&course, &words) {
            Ok(labs) if labs.len() == course.labs.len() => "all".into(),
            Ok(labs) => labs.iter().map(|lab| lab.title()).collect::<Vec<_>>().join(", "),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn words_name_chapters_and_labs() {
        let hello_map = "ch2 hello-map";
        for (words, expected) in [
            ("", "all"),
            ("hello-map", hello_map),
            ("ch2/hello-map", hello_map),
            ("ch2 hello-map", hello_map),
            ("ch2 hello-map hello", "ch2 hello, ch2 hello-map"),
            ("ch3 hello-xdp ch2 hello-map", "ch2 hello-map, ch3 hello-xdp"),
            ("hello-map ch2/hello-map", hello_map),
            ("hc2", "There is no chapter or lab named `hc2`. Did you mean `ch2`?"),
            (
                "ch2 helo-map",
                "There is no chapter or lab named `helo-map`. Did you mean `hello-map`?",
            ),
            ("ch2/helo", "There is no lab of ch2 named `helo`. Did you mean `hello`?"),
        ] {
            assert_eq!(selected(words), expected, "{words}");
        }
        let chapter = selected("ch3");
        assert!(chapter.contains("ch3 hello-xdp, ch3 object-file"), "{chapter}");
        assert!(!chapter.contains("ch2"), "{chapter}");
    }

    #[test]
    fn a_lab_is_followed_by_its_breaks() {
        let course = Course::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let rows = rows(&select(&course, &["hello-map".into()]).unwrap());
        assert_eq!(rows[0].label(), "ch2 hello-map");
        assert_eq!(rows[1].label(), "  break null-check");
        let release = Ok(String::new());
        let vm = |name: &str| Column {
            name: name.into(),
            engine: Box::new(Vm::new(name, "agent".into())),
            release: release.clone(),
        };
        let command = "labrunner ch2 hello-map --break null-check --kernel 6.1,7";
        assert_eq!(rows[1].command(&[&vm("6.1"), &vm("7")]), command);
        let host = Column { name: "host".into(), engine: Box::new(Host), release: release.clone() };
        assert_eq!(rows[0].command(&[&host]), "labrunner ch2 hello-map --on host");
    }
}
