//! One thing that is graded of each submission.

use std::path::PathBuf;

use crate::course::{Course, Lab};
use crate::error::Error;
use crate::manifest::Exercise;
use crate::subject::Subject;

/// A lab, or an exercise of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Task<'a> {
    /// The lab.
    pub lab: &'a Lab,
    /// Its exercise; without one it is the lab itself.
    pub exercise: Option<&'a Exercise>,
    /// Whether the learner's own static program is run, in place of the course's.
    pub program: bool,
    /// What a pass is worth.
    pub points: f64,
}

impl<'a> Task<'a> {
    /// The task of these names: a lab as on the command line (`ch2/hello-map`), and an exercise of it.
    ///
    /// # Errors
    /// There is none of that name, or nothing of it can be graded.
    pub fn named(
        course: &'a Course,
        lab: &str,
        exercise: Option<&str>,
        program: bool,
    ) -> Result<Self, Error> {
        let lab = course.lab(lab, None)?;
        let exercise = exercise.map(|name| lab.find_exercise(name)).transpose()?;
        if !lab.manifest.object && !program {
            return Err(Error::Usage(format!(
                "{} has no BPF C that could be graded: its program can be, with --program.",
                lab.title()
            )));
        }
        Ok(Self { lab, exercise, program, points: 1.0 })
    }

    /// What tables call it: `ch2/hello-map:gid`, or `ch2/hello-map program`.
    pub fn label(&self) -> String {
        let exercise =
            self.exercise.map_or(String::new(), |exercise| format!(":{}", exercise.name));
        let program = if self.program { " program" } else { "" };
        format!("{}/{}{exercise}{program}", self.lab.chapter, self.lab.name)
    }

    /// What of the lab it is.
    pub fn subject(&self) -> Subject<'a> {
        self.exercise.map_or(Subject::Program, Subject::Exercise)
    }

    /// Where its BPF C may be in a submission, the first that is there counts. A file of the exercise's own
    /// comes first, since a lab has one file and may have several exercises.
    pub fn sources(&self, course: &Course) -> Vec<PathBuf> {
        let short = self.lab.short_name();
        let own = self.exercise.map(|exercise| format!("{short}+{}.bpf.c", exercise.name));
        let names: Vec<String> = own.into_iter().chain([format!("{short}.bpf.c")]).collect();
        // A name that several labs have says nothing outside of their folders.
        let alone = course.labs.iter().filter(|lab| lab.short_name() == short).count() == 1;
        let places = |name: &String| {
            let loose = alone.then(|| PathBuf::from(name));
            [self.lab.folder.join(name)].into_iter().chain(loose).collect::<Vec<_>>()
        };
        names.iter().flat_map(places).collect()
    }

    /// Where its program may be.
    pub fn programs(&self) -> Vec<PathBuf> {
        let binary = self.lab.binary();
        let own = self.exercise.map(|exercise| format!("bin/{binary}+{}", exercise.name));
        own.into_iter().chain([format!("bin/{binary}")]).map(PathBuf::from).collect()
    }
}

/// What is graded.
#[derive(Debug, Clone, PartialEq)]
pub enum Aim<'a> {
    /// These tasks of every submission.
    Named(Vec<Task<'a>>),
    /// Of each submission what it has changed; with `program`, the programs that it has.
    Changed {
        /// The learners' programs, and not their BPF C.
        program: bool,
    },
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_file_of_the_exercises_own_comes_first() {
        let course = Course::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let sources = |lab, exercise| {
            let task = Task::named(&course, lab, exercise, false).unwrap();
            let paths = task.sources(&course);
            paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(
            sources("ch2/hello-map", Some("gid")),
            [
                "labs-bpf/ch2/hello-map/hello-map+gid.bpf.c",
                "hello-map+gid.bpf.c",
                "labs-bpf/ch2/hello-map/hello-map.bpf.c",
                "hello-map.bpf.c"
            ]
        );
        let task = Task::named(&course, "ch2/hello-map", Some("gid"), true).unwrap();
        assert_eq!(task.label(), "ch2/hello-map:gid program");
        assert_eq!(task.programs()[1], Path::new("bin/ch2-hello-map"));
    }

    #[test]
    fn a_lab_without_bpf_c_has_a_program_only() {
        let course = Course::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let Some(lab) = course.labs.iter().find(|lab| !lab.manifest.object) else { return };
        let name = format!("{}/{}", lab.chapter, lab.name);
        let error = Task::named(&course, &name, None, false).unwrap_err().to_string();
        assert!(error.contains("has no BPF C that could be graded"), "{error}");
        assert!(Task::named(&course, &name, None, true).is_ok());
    }
}
