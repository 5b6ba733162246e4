//! What the keys do.

use std::sync::Arc;

use super::Desk;
use crate::by_hand;
use crate::course::{Course, Lab};
use crate::hint;
use crate::outcome::Outcome;
use crate::programs::Programs;
use crate::progress::{self, Progress, State};
use crate::render::watch;
use crate::report::Report;
use crate::watch::editor::Editor;
use crate::watch::menu::{Menu, What};
use crate::watch::target::{Part, Target};

/// What a key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Next,
    Hint,
    Breaks,
    Labs,
    Everything,
    Edit,
    Exercises,
    Rerun,
    Commands,
}

impl Action {
    pub(super) fn of(key: char) -> Option<Self> {
        Some(match key.to_ascii_lowercase() {
            'n' => Self::Next,
            'h' => Self::Hint,
            'b' => Self::Breaks,
            'l' => Self::Labs,
            'd' => Self::Everything,
            'e' => Self::Edit,
            'x' => Self::Exercises,
            'r' => Self::Rerun,
            'c' => Self::Commands,
            _ => return None,
        })
    }
}

impl Desk {
    pub(super) fn act(&mut self, action: Action) {
        match action {
            Action::Next => self.go_on(),
            Action::Hint => self.hint(),
            Action::Breaks => self.ask_for_break(),
            Action::Labs => self.ask_for_lab(),
            Action::Everything => self.show_everything(),
            Action::Edit => self.edit(),
            Action::Exercises => self.ask_for_exercise(),
            Action::Rerun => self.rerun(),
            Action::Commands => self.show_commands(),
        }
    }

    /// What was chosen, by its name or by words that may be one.
    pub(super) fn chosen(&mut self, what: What, name: &str) {
        let lab = self.session.target().lab.clone();
        match what {
            What::Lab => self.choose_lab(name),
            What::Break => match lab.find_break(name) {
                Ok(known) => {
                    self.session.rerun(Part::Break(known.name.clone()));
                    self.checking(None);
                }
                Err(error) => self.print(&format!("{error}\n")),
            },
            What::Exercise => {
                let exercise = match lab.find_exercise(name) {
                    Ok(exercise) => Some(exercise.name.clone()),
                    Err(_) if name == THE_LAB => None,
                    Err(error) => return self.print(&format!("{error}\n")),
                };
                self.watch(self.session.course().clone(), Target { lab, exercise });
            }
        }
    }

    fn go_on(&mut self) {
        let Some(course) = self.course() else { return };
        let (progress, _) = Progress::load();
        let lab = self.session.target().lab.clone();
        let is_passed = is_passed(&progress, &lab);
        let Some(next) = next(&course, &lab, &progress, is_passed).cloned() else {
            return self.print("You have passed every lab. Exercises are left in: l\n");
        };
        if !is_passed {
            let title = lab.title();
            self.print(&format!("{title} is not passed yet and stays as it is: l leads back.\n"));
        }
        self.go_to(course, next, &progress);
    }

    fn choose_lab(&mut self, name: &str) {
        let Some(course) = self.course() else { return };
        let mut words = name.split_whitespace();
        let found = course.lab(words.next().unwrap_or_default(), words.next()).cloned();
        match found {
            Ok(lab) => self.go_to(course, lab, &Progress::load().0),
            Err(error) => self.print(&format!("{error}\n")),
        }
    }

    fn go_to(&mut self, course: Arc<Course>, lab: Lab, progress: &Progress) {
        let (left, _) = crate::left::Left::load();
        let exercise = left.exercise(&lab, progress);
        self.watch(course, Target { lab, exercise });
    }

    /// The course as it is now; tells if it cannot be read.
    fn course(&mut self) -> Option<Arc<Course>> {
        match Course::find(&self.session.course().root) {
            Ok(course) => Some(Arc::new(course)),
            Err(error) => {
                self.print(&format!("{error}\n"));
                None
            }
        }
    }

    fn hint(&mut self) {
        let (progress, _) = Progress::load();
        let target = self.session.target();
        let lab = &target.lab;
        let exercise = target.exercise.as_deref().and_then(|name| lab.find_exercise(name).ok());
        let given = hint::give(lab, exercise, progress.hints(lab, exercise), false);
        let course = self.session.course();
        let said = progress::note_hint(course, lab, exercise, given.lines.len());
        let mut text = format!("\n{}", given.lines.concat());
        for sentence in given.last.iter().chain(&said) {
            text += &format!("{sentence}\n");
        }
        self.print(&text);
    }

    fn ask_for_break(&mut self) {
        let (progress, _) = Progress::load();
        let lab = &self.session.target().lab;
        let done = progress.of(lab).map(|done| done.breaks.clone()).unwrap_or_default();
        let breaks = &lab.manifest.breaks;
        if breaks.is_empty() {
            return self.print("This lab knows no mistakes.\n");
        }
        let list = watch::choices(
            1,
            breaks.iter().map(|known| {
                let state = if done.contains(&known.name) { State::Passed } else { State::New };
                (state, known.name.as_str(), known.title.as_str())
            }),
        );
        let names = breaks.iter().map(|known| known.name.clone()).collect();
        self.ask(Menu::new(What::Break, names, 1), &list);
    }

    fn ask_for_exercise(&mut self) {
        let (progress, _) = Progress::load();
        let lab = &self.session.target().lab;
        let exercises = &lab.manifest.exercises;
        if exercises.is_empty() {
            return self.print("This lab has no exercises.\n");
        }
        let done = progress.of(lab).map(|done| done.exercises.clone()).unwrap_or_default();
        let itself = if is_passed(&progress, lab) { State::Passed } else { State::New };
        let list = watch::choices(
            0,
            std::iter::once((itself, THE_LAB, lab.manifest.summary.as_str())).chain(
                exercises.iter().map(|exercise| {
                    let solved = done.contains(&exercise.name);
                    let state = if solved { State::Passed } else { State::New };
                    (state, exercise.name.as_str(), exercise.title.as_str())
                }),
            ),
        );
        let names = exercises.iter().map(|exercise| exercise.name.clone());
        let names = std::iter::once(THE_LAB.to_string()).chain(names).collect();
        self.ask(Menu::new(What::Exercise, names, 0), &list);
    }

    fn ask_for_lab(&mut self) {
        let Some(course) = self.course() else { return };
        let (progress, _) = Progress::load();
        let (list, labs) = watch::labs(&course, &progress);
        let names = labs.iter().map(|lab| lab.title()).collect();
        self.ask(Menu::new(What::Lab, names, 1), &list);
    }

    fn show_everything(&mut self) {
        let Some(last) = &self.last else {
            return self.print("Nothing has run yet.\n");
        };
        let title = self.session.target().lab.title();
        let command =
            format!("labrunner {title}{}{}", last.ended.part.options(), self.options.more);
        let text = match &last.ended.report {
            Ok(report) => watch::everything(report, &command),
            Err(error) => format!("\n{error}\n"),
        };
        self.print(&text);
    }

    fn show_commands(&mut self) {
        let target = self.session.target();
        let (course, lab) = (self.session.course(), &target.lab);
        let commands = target.part().subject(lab).and_then(|subject| {
            // A run has unpacked them, or will tell of it.
            let programs = Programs::place(&course.root, &[lab.binary()], &mut |_| {})?;
            by_hand::render(course, lab, subject, &programs, None)
        });
        self.print(&match commands {
            Ok(commands) => format!("\n{commands}"),
            Err(error) => format!("{error}\n"),
        });
    }

    fn rerun(&mut self) {
        if let Some(ask) = self.options.ask
            && let Err(error) = self.lend(ask)
        {
            return self.print(&format!("{error}\n"));
        }
        self.session.rerun(self.session.target().part());
        self.checking(None);
    }

    fn edit(&mut self) {
        let lab = &self.session.target().lab;
        let root = self.session.course().root.clone();
        let file = match lab.manifest.object {
            true => lab.source(),
            false => format!("labs/src/bin/{}.rs", lab.binary()).into(),
        };
        let report = self.last.as_ref().and_then(|last| last.ended.report.as_ref().ok());
        let line = report.and_then(|report| line_at_fault(report, &file.to_string_lossy()));
        let editor = Editor::find(&root.join(file), line);
        let shown = format!("$ {}\n", editor.shown());
        self.print(&shown);
        let said = match editor.has_window() {
            true => editor.run(&root),
            false => self.lend(|| editor.run(&root)),
        };
        self.print(&said.map_or(String::new(), |sentence| sentence + "\n"));
    }
}

/// What the lab's own program is called among its exercises.
const THE_LAB: &str = "lab";

fn is_passed(progress: &Progress, lab: &Lab) -> bool {
    matches!(progress.state(lab), State::Passed | State::Complete)
}

/// The lab that follows: after one that is passed, the next that is not; otherwise simply the next one.
pub(super) fn next<'a>(
    course: &'a Course,
    lab: &Lab,
    progress: &Progress,
    passed: bool,
) -> Option<&'a Lab> {
    let labs = || course.labs.iter().filter(|lab| lab.collection().is_none());
    let title = lab.title();
    let mut after = labs().skip_while(|other| other.title() != title).skip(1);
    let wanted = |other: &&Lab| !passed || !is_passed(progress, other);
    let before = || progress.next(course).filter(|other| other.title() != title);
    after.find(wanted).or_else(before)
}

/// The line of this file that the report blames.
fn line_at_fault(report: &Report, file: &str) -> Option<u32> {
    match &report.outcome {
        Some(Outcome::DoesNotCompile(words)) => words.lines().find_map(|line| {
            // Colours may be around it: `file.c:25:2: error: …`
            let rest = &line[line.find(file)? + file.len()..];
            rest.strip_prefix(':')?.split(':').next()?.parse().ok()
        }),
        Some(Outcome::Failed { refusal: Some(refusal), .. }) => {
            let source = refusal.source.as_ref()?;
            (source.file == file).then_some(source.line)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::judge::Verdict;

    #[test]
    fn the_next_lab_is_the_one_that_follows() {
        let course = Course::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let progress = Progress::default();
        let alone: Vec<&Lab> =
            course.labs.iter().filter(|lab| lab.collection().is_none()).collect();
        let of = |lab: &Lab, passed| next(&course, lab, &progress, passed).map(Lab::title);
        assert_eq!(of(alone[0], true), Some(alone[1].title()));
        assert_eq!(of(alone[0], false), Some(alone[1].title()));
        assert_eq!(of(alone[alone.len() - 1], true), Some(alone[0].title()));
    }

    #[test]
    fn the_editor_opens_where_clang_points_to() {
        let file = "labs-bpf/ch2/hello/hello.bpf.c";
        let at = |words: String| {
            let outcome = Some(Outcome::DoesNotCompile(words));
            line_at_fault(&Report { outcome, ..Report::with(Verdict::Pass) }, file)
        };
        assert_eq!(at(format!("In file x\n\x1b[1m{file}:25:2: \x1b[0merror: no\n")), Some(25));
        assert_eq!(at(format!("{file}: no number\n")), None);
    }
}
