//! What is checked after each save.

use crate::course::Lab;
use crate::error::Error;
use crate::subject::Subject;

/// Which lab, and what of it. By names: the manifest may change while it is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The lab, as it was when it was chosen.
    pub lab: Lab,
    /// The exercise that is to be solved, if not the lab's own program is to work.
    pub exercise: Option<String>,
}

/// What is run: that, or once a known mistake in a copy of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The learner's program, for the lab or for an exercise.
    Own(Option<String>),
    /// The known mistake of this name.
    Break(String),
}

impl Target {
    /// What is run after a save.
    pub fn part(&self) -> Part {
        Part::Own(self.exercise.clone())
    }
}

impl Part {
    /// The options that name it on a command line, each after a space.
    pub fn options(&self) -> String {
        match self {
            Self::Own(None) => String::new(),
            Self::Own(Some(name)) => format!(" --exercise {name}"),
            Self::Break(name) => format!(" --break {name}"),
        }
    }

    /// The subject that it is, of the lab as it is now.
    ///
    /// # Errors
    /// The lab has none of that name (any more).
    pub fn subject<'a>(&self, lab: &'a Lab) -> Result<Subject<'a>, Error> {
        Ok(match self {
            Self::Own(None) => Subject::Program,
            Self::Own(Some(name)) => Subject::Exercise(lab.find_exercise(name)?),
            Self::Break(name) => Subject::Break(lab.find_break(name)?),
        })
    }
}
