//! Whether this machine can run labs, what it lacks, and what that means for which labs.
//!
//! [`gather`] asks the machine, and is all that does I/O; what it finds out are [`facts`]. [`findings`] makes
//! sentences of them, and is given facts of machines that are elsewhere just as well.

pub mod facts;
pub mod findings;
pub mod gather;
pub mod install;
pub mod needs;

use serde::Serialize;

pub use facts::Facts;
pub use findings::diagnose;
pub use needs::Needs;

/// How it is with one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// Worth knowing; labs run all the same.
    Note,
    /// Some labs do not run, or none.
    Problem,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum About {
    /// Both ways to run labs, or none of them.
    Everything,
    /// Labs in a micro-VM.
    Vm,
    /// Labs on this machine's own kernel.
    Host,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its name.
    pub what: &'static str,
    /// What it is about.
    pub about: About,
    /// How it is.
    pub state: State,
    /// What was found.
    pub detail: String,
    /// What follows, in a sentence.
    pub means: Option<String>,
    /// The labs that do not run for it, such as `ch2 hello-map`.
    pub labs: Vec<String>,
    /// A command, or several, that mend it.
    pub fix: Option<String>,
}

impl Finding {
    /// One that is as it should be.
    fn ok(what: &'static str, about: About, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { what, about, state: State::Ok, detail, means: None, labs: Vec::new(), fix: None }
    }

    /// One worth knowing.
    fn note(what: &'static str, about: About, detail: impl Into<String>) -> Self {
        Self { state: State::Note, ..Self::ok(what, about, detail) }
    }

    /// One for which labs do not run.
    fn problem(what: &'static str, about: About, detail: impl Into<String>) -> Self {
        Self { state: State::Problem, ..Self::ok(what, about, detail) }
    }

    fn means(mut self, means: impl Into<String>) -> Self {
        self.means = Some(means.into());
        self
    }

    fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

/// Whether labs run in one of the two ways.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ability {
    /// Whether any do.
    pub able: bool,
    /// What is in the way of all labs: names of findings.
    pub lacking: Vec<&'static str>,
    /// Labs that do not run, where others do.
    pub without: Vec<String>,
}

/// All that can be said of a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// The machine in a few words.
    pub machine: String,
    /// How many labs there are; 0 outside of the course.
    pub labs: usize,
    /// In a micro-VM.
    pub vm: Ability,
    /// On the machine's own kernel.
    pub host: Ability,
    /// What was looked at, one by one.
    pub findings: Vec<Finding>,
}

impl Diagnosis {
    /// Whether labs run here in one way at least.
    pub fn able(&self) -> bool {
        self.vm.able || self.host.able
    }
}
