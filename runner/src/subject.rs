//! What of a lab is put to the test: its program as it is on disk, or a copy with an edit, against one
//! expectation or another.

use crate::course::{Course, Lab};
use crate::edit::{self, Edited};
use crate::error::Error;
use crate::expected;
use crate::manifest::{Break, Exercise, Step};
use crate::report::Attempt;

/// What of a lab is put to the test. Whatever else a lab comes to have is one more of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// Its program, which must do what is expected.
    Program,
    /// Its program with a known mistake put in, which must fail as declared.
    Break(&'a Break),
    /// Its program, which must do what an exercise asks for.
    Exercise(&'a Exercise),
    /// Its program with the course's solution of an exercise put in.
    Solution(&'a Exercise),
    /// Its program with a wrong solution put in, which must fail as declared.
    Wrong(&'a Exercise, &'a Break),
    /// Its program as it is shipped, which must not do what an exercise asks for.
    Shipped(&'a Exercise),
}

impl<'a> Subject<'a> {
    /// The exercise that it is about.
    pub fn exercise(self) -> Option<&'a Exercise> {
        match self {
            Self::Program | Self::Break(_) => None,
            Self::Exercise(exercise)
            | Self::Solution(exercise)
            | Self::Wrong(exercise, _)
            | Self::Shipped(exercise) => Some(exercise),
        }
    }

    /// The mistake that is put in.
    pub fn mistake(self) -> Option<&'a Break> {
        match self {
            Self::Break(known) | Self::Wrong(_, known) => Some(known),
            Self::Program | Self::Exercise(_) | Self::Solution(_) | Self::Shipped(_) => None,
        }
    }

    /// The edit that is put in, relative to the lab's folder.
    pub fn patch(self) -> Option<&'a str> {
        match self {
            Self::Solution(exercise) => Some(&exercise.solution),
            _ => self.mistake().map(|known| known.patch.as_str()),
        }
    }

    /// The program with the edit put in, if there is one. The file on disk stays as it is.
    pub fn edited(self, course: &Course, lab: &Lab) -> Result<Option<Edited>, Error> {
        self.patch().map(|patch| edit::applied(course, lab, patch)).transpose()
    }

    /// Arguments of the lab binary.
    pub fn args(self, lab: &'a Lab) -> &'a [String] {
        let own = self.exercise().and_then(|exercise| exercise.args.as_ref());
        own.unwrap_or(&lab.manifest.args)
    }

    /// What happens while the program is attached.
    pub fn steps(self, lab: &'a Lab) -> &'a [Step] {
        let own = self.exercise().and_then(|exercise| exercise.steps.as_ref());
        own.unwrap_or(&lab.manifest.steps)
    }

    /// Kernel features without which it is skipped.
    pub fn needs(self, lab: &Lab) -> Vec<String> {
        let more = self.exercise().map_or(&[][..], |exercise| &exercise.needs);
        lab.manifest.needs.iter().chain(more).cloned().collect()
    }

    /// Hints, from "where to look" to nearly the edit.
    pub fn hints(self, lab: &'a Lab) -> &'a [String] {
        self.exercise().map_or(&lab.manifest.hints, |exercise| &exercise.hints)
    }

    /// One sentence, shown after a pass.
    pub fn learned(self, lab: &'a Lab) -> &'a str {
        self.exercise().map_or(&lab.manifest.learned, |exercise| &exercise.learned)
    }

    /// The mistakes that a program of the learner's may be recognised by, each with the name of what
    /// is expected of it.
    pub fn known(self, lab: &'a Lab) -> Vec<(&'a Break, String)> {
        let of_lab = lab.manifest.breaks.iter().map(|b| (b, Self::Break(b).expected_name(lab)));
        let wrong = self.exercise().into_iter().flat_map(|exercise| {
            let name = move |b| Self::Wrong(exercise, b).expected_name(lab);
            exercise.wrong.iter().map(move |b| (b, name(b)))
        });
        wrong.chain(of_lab).collect()
    }

    /// Name of what a program that does its work is expected to print.
    pub fn working_name(self, lab: &Lab) -> String {
        expected::name(lab, self.exercise().map(|exercise| exercise.name.as_str()), None)
    }

    /// Name of what it is expected to print itself.
    pub fn expected_name(self, lab: &Lab) -> String {
        let exercise = self.exercise().map(|exercise| exercise.name.as_str());
        expected::name(lab, exercise, self.mistake().map(|known| known.name.as_str()))
    }

    /// What a table calls it, below its lab: `break null-check`.
    pub fn label(self) -> String {
        match self {
            Self::Program => "program".into(),
            Self::Break(known) => format!("break {}", known.name),
            Self::Exercise(exercise) => format!("exercise {}", exercise.name),
            Self::Solution(exercise) => format!("solution {}", exercise.name),
            Self::Wrong(exercise, known) => format!("wrong {} {}", exercise.name, known.name),
            Self::Shipped(exercise) => format!("unsolved {}", exercise.name),
        }
    }

    /// The options of `labrunner LAB` that name it, each after a space: ` --break null-check`.
    pub fn options(self) -> String {
        match self {
            Self::Program => String::new(),
            Self::Break(known) => format!(" --break {}", known.name),
            Self::Exercise(exercise) | Self::Shipped(exercise) => {
                format!(" --exercise {}", exercise.name)
            }
            Self::Solution(exercise) => format!(" --exercise {} --solution", exercise.name),
            Self::Wrong(exercise, known) => {
                format!(" --exercise {} --break {}", exercise.name, known.name)
            }
        }
    }

    /// What a report tells of it; `diff` is the edit that was put in.
    pub fn attempt(self, lab: &Lab, diff: String) -> Option<Attempt> {
        let (title, why) = match self {
            Self::Program => return None,
            Self::Break(known) | Self::Wrong(_, known) => (&known.title, Some(&known.why)),
            Self::Exercise(exercise) | Self::Solution(exercise) | Self::Shipped(exercise) => {
                (&exercise.title, None)
            }
        };
        Some(Attempt {
            label: self.label(),
            title: title.clone(),
            task: match self {
                Self::Exercise(exercise) => Some(exercise.task.clone()),
                _ => None,
            },
            broken: self.mistake().map(|known| known.name.clone()),
            exercise: self.exercise().map(|exercise| exercise.name.clone()),
            solution: matches!(self, Self::Solution(_)),
            diff,
            file: lab.source().display().to_string(),
            why: why.cloned(),
            loads: false,
        })
    }
}
