//! Exercises: what the learner is to change, and how it is checked.

use serde::Deserialize;

use super::{Break, Step};

/// A change that the learner makes to the program, with an expectation of its own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exercise {
    /// What the learner types after `--exercise`.
    pub name: String,
    /// What is to be done, in one line.
    pub title: String,
    /// What is to be changed, and what must then be seen.
    pub task: String,
    /// One sentence, shown after a pass.
    pub learned: String,
    /// Hints, from "where to look" to nearly the edit.
    #[serde(default)]
    pub hints: Vec<String>,
    /// A solution, a unified diff against the BPF C as shipped, relative to the lab's folder.
    pub solution: String,
    /// Arguments of the lab binary, where they are others than the lab's.
    pub args: Option<Vec<String>>,
    /// Kernel features that it needs besides those of the lab.
    #[serde(default)]
    pub needs: Vec<String>,
    /// What happens while the program is attached, where it is something else than in the lab.
    #[serde(default, rename = "step")]
    pub steps: Option<Vec<Step>>,
    /// Wrong solutions that come to mind: each must fail as declared.
    #[serde(default)]
    pub wrong: Vec<Break>,
}
