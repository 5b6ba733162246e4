//! `lab.toml`: what a lab is, what happens while it runs, and which mistakes it knows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::Ipv4Addr;

use serde::Deserialize;

use crate::stage::Stage;

/// A parsed `lab.toml`. Unknown keys are errors, so that a typing mistake is noticed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// One line for `labrunner list`.
    pub summary: String,
    /// Kernel features without which the lab is skipped, by the names that the `probe` binary knows.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Arguments of the lab binary.
    #[serde(default)]
    pub args: Vec<String>,
    /// One sentence, shown after a pass.
    pub learned: String,
    /// Hints, from "where to look" to nearly the edit.
    #[serde(default)]
    pub hints: Vec<String>,
    /// Which lines of the output count.
    #[serde(default)]
    pub keep: Keep,
    /// What happens while the program is attached, in order.
    #[serde(default, rename = "step")]
    pub steps: Vec<Step>,
    /// The mistakes that the lab knows.
    #[serde(default, rename = "break")]
    pub breaks: Vec<Break>,
}

/// Which lines of the output are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// All of them.
    #[default]
    All,
    /// Those that the stimulus caused, by process number or user.
    Stimulus,
}

/// One thing that happens while the program is attached.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Step {
    /// Programs are started.
    Exec {
        /// By which user.
        #[serde(default)]
        uid: u32,
        /// How many.
        times: u32,
        /// Name of the process that starts them, as its `comm` shows.
        name: Option<String>,
    },
    /// A system call is made.
    Syscall {
        /// Its name.
        name: String,
        /// How often.
        times: u32,
    },
    /// ICMP echo requests are sent and their replies awaited.
    Ping {
        /// Where to.
        #[serde(default = "loopback")]
        address: Ipv4Addr,
        /// How many.
        times: u32,
    },
    /// Processes end that were started before: a control, for labs that must not see it.
    Exit {
        /// How many.
        times: u32,
    },
    /// Many cheap system calls in a row.
    Burst {
        /// How many.
        times: u32,
    },
    /// The learner presses Enter: the lab prints its table now, ended by an empty line.
    Enter,
}

fn loopback() -> Ipv4Addr {
    Ipv4Addr::LOCALHOST
}

impl Step {
    /// How many processes must have been started for this step before the lab is.
    pub fn spare(&self) -> u32 {
        match self {
            Self::Exit { times } => *times,
            _ => 0,
        }
    }

    /// What is wrong with a step: its words are those of a line that the stimulus reads.
    fn check(&self) -> Result<(), String> {
        let names = match self {
            Self::Exec { name, .. } => name.as_deref(),
            Self::Syscall { name, .. } => Some(name.as_str()),
            _ => None,
        };
        match names.filter(|name| {
            !(1..=15).contains(&name.len()) || name.contains(|c: char| !c.is_ascii_graphic())
        }) {
            Some(name) => Err(format!(
                "{name:?} is no name of a process: 1 to 15 characters without white space"
            )),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Step {
    /// The line that the `stimulus` binary understands; for [`Step::Enter`], the empty line that the
    /// lab gets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exec { uid, times, name } => {
                write!(f, "exec times={times} uid={uid}")?;
                name.iter().try_for_each(|name| write!(f, " name={name}"))
            }
            Self::Syscall { name, times } => write!(f, "syscall name={name} times={times}"),
            Self::Ping { address, times } => write!(f, "ping times={times} address={address}"),
            Self::Exit { times } => write!(f, "exit times={times}"),
            Self::Burst { times } => write!(f, "burst times={times}"),
            Self::Enter => Ok(()),
        }
    }
}

/// A named mistake: an edit, and how the program fails with it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Break {
    /// What the learner types after `--break`.
    pub name: String,
    /// What the edit does, in one line.
    pub title: String,
    /// The edit, a unified diff against the BPF C, relative to the lab's folder.
    pub patch: String,
    /// Why it fails, and what to do instead.
    pub why: String,
    /// How it fails on most kernels.
    #[serde(flatten)]
    pub failure: DeclaredFailure,
    /// What is different about it on a kernel series.
    #[serde(default)]
    pub on: BTreeMap<String, Difference>,
}

/// What is different about a failure on a kernel series; all else is as declared for the others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// See [`DeclaredFailure::stage`].
    pub stage: Option<Stage>,
    /// See [`DeclaredFailure::category`].
    pub category: Option<String>,
    /// See [`DeclaredFailure::message`].
    pub message: Option<Vec<String>>,
    /// See [`DeclaredFailure::line`].
    pub line: Option<String>,
    /// See [`DeclaredFailure::program`].
    pub program: Option<String>,
    /// See [`DeclaredFailure::loads`].
    pub loads: Option<bool>,
}

/// The failure that a break must show.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DeclaredFailure {
    /// Where it fails. [`Stage::Compare`] means: it runs, and prints something else.
    #[serde(default = "load")]
    pub stage: Stage,
    /// The verifier's category, for [`Stage::Load`].
    pub category: Option<String>,
    /// The deciding message; `?` stands for one character, `*` for any. One of them must match.
    #[serde(default)]
    pub message: Vec<String>,
    /// Text of the source line that is blamed.
    pub line: Option<String>,
    /// The program that is refused.
    pub program: Option<String>,
    /// It does not fail at all here: this kernel accepts it, and the lab passes.
    #[serde(default)]
    pub loads: bool,
}

fn load() -> Stage {
    Stage::Load
}

impl Break {
    /// How it fails on a kernel of this release. Of the series that fit, the longest counts: `6.1`
    /// before `6`.
    pub fn failure_on(&self, release: &str) -> DeclaredFailure {
        let fitting = self.on.iter().filter(|(series, _)| is_of_series(release, series));
        let mut failure = self.failure.clone();
        if let Some((_, difference)) = fitting.max_by_key(|(series, _)| series.len()) {
            difference.apply_to(&mut failure);
        }
        failure
    }

    /// What is wrong with the declaration itself.
    fn check(&self) -> Result<(), String> {
        let failures = self.on.values().map(|difference| {
            let mut failure = self.failure.clone();
            difference.apply_to(&mut failure);
            failure
        });
        for failure in failures.chain([self.failure.clone()]) {
            if !failure.loads && failure.stage != Stage::Compare && failure.message.is_empty() {
                return Err(format!("the break `{}` declares no message", self.name));
            }
        }
        Ok(())
    }
}

impl Difference {
    fn apply_to(&self, failure: &mut DeclaredFailure) {
        let this = self.clone();
        failure.stage = this.stage.unwrap_or(failure.stage);
        failure.message = this.message.unwrap_or_else(|| std::mem::take(&mut failure.message));
        failure.loads = this.loads.unwrap_or(failure.loads);
        failure.category = this.category.or_else(|| failure.category.take());
        failure.line = this.line.or_else(|| failure.line.take());
        failure.program = this.program.or_else(|| failure.program.take());
    }
}

impl Manifest {
    /// Parses a manifest and checks what a type cannot.
    ///
    /// # Errors
    /// What is wrong, where the parser can tell with line and column.
    pub fn parse(text: &str) -> Result<Self, String> {
        let manifest: Self = toml::from_str(text).map_err(|e| e.to_string())?;
        manifest.breaks.iter().try_for_each(Break::check)?;
        manifest.steps.iter().try_for_each(Step::check)?;
        if let Some(unknown) = manifest.needs.iter().find(|n| !FEATURES.contains(&n.as_str())) {
            return Err(format!(
                "`needs` names `{unknown}`, which nobody can try; there are {}",
                FEATURES.join(", ")
            ));
        }
        let names: BTreeSet<&str> = manifest.breaks.iter().map(|b| b.name.as_str()).collect();
        if names.len() < manifest.breaks.len() {
            return Err("two breaks have the same name".into());
        }
        Ok(manifest)
    }
}

/// The kernel features that the `probe` program knows.
pub const FEATURES: [&str; 11] = [
    "btf",
    "kprobe",
    "tracepoint",
    "raw-tracepoint",
    "fentry",
    "lsm",
    "xdp",
    "ringbuf",
    "perf-event-array",
    "trace-pipe",
    "veth",
];

/// Whether a kernel release such as `6.1.192` belongs to a series such as `6.1` or `7`.
fn is_of_series(release: &str, series: &str) -> bool {
    release.strip_prefix(series).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = r#"
summary = "Count"
learned = "Counted."
needs = ["kprobe"]
[[step]]
do = "exec"
uid = 1000
times = 5
[[step]]
do = "enter"
[[break]]
name = "null-check"
title = "Forget the test"
patch = "breaks/null-check.patch"
category = "Register Type Safety"
message = ["R? invalid mem access 'map_value_or_null'"]
why = "It may be NULL."
[break.on."5.10"]
loads = true
"#;

    #[test]
    fn the_example_parses() {
        let manifest = Manifest::parse(EXAMPLE).unwrap();
        assert_eq!(manifest.steps[0].to_string(), "exec times=5 uid=1000");
        assert_eq!(manifest.steps[1], Step::Enter);
        assert_eq!(manifest.keep, Keep::All);
        let known = &manifest.breaks[0];
        assert_eq!(known.failure.stage, Stage::Load);
        assert!(known.failure_on("5.10.223").loads);
        assert!(!known.failure_on("5.1.0").loads);
        assert!(!known.failure_on("6.1.0").loads);
    }

    #[test]
    fn a_series_changes_only_what_it_names() {
        let text = format!("{EXAMPLE}\n[break.on.\"6.1\"]\nmessage = [\"other\"]\n");
        let manifest = Manifest::parse(&text).unwrap();
        let failure = manifest.breaks[0].failure_on("6.1.192");
        assert_eq!(failure.message, ["other"]);
        assert_eq!(failure.category.as_deref(), Some("Register Type Safety"));
    }

    #[test]
    fn what_no_type_forbids_is_refused_too() {
        let start = "summary = 'x'\nlearned = 'y'\n";
        for (more, words) in [
            ("needs = ['kprob']", "`needs` names `kprob`, which nobody can try"),
            ("[[step]]\ndo = 'exec'\ntimes = 1\nname = 'ba sh'", "is no name of a process"),
            ("[[step]]\ndo = 'ping'\ntimes = 1\naddress = 'localhost'", "invalid IPv4 address"),
            (
                "[[break]]\nname = 'a'\ntitle = 't'\npatch = 'p'\nwhy = 'w'",
                "the break `a` declares no message",
            ),
            (
                "[[break]]\nname = 'a'\ntitle = 't'\npatch = 'p'\nwhy = 'w'\nmessage = ['m']\n\
                 [break.on.'6.1']\nmesage = ['n']",
                "unknown field `mesage`",
            ),
        ] {
            let error = Manifest::parse(&format!("{start}{more}\n")).unwrap_err();
            assert!(error.contains(words), "{words}: {error}");
        }
    }

    #[test]
    fn an_unknown_key_is_an_error_with_its_place() {
        let error = toml::from_str::<Manifest>("summary = 'x'\nlearned = 'y'\nneed = []\n");
        insta::assert_snapshot!(error.unwrap_err(), @r"
        TOML parse error at line 3, column 1
          |
        3 | need = []
          | ^^^^
        unknown field `need`, expected one of `summary`, `needs`, `args`, `learned`, `hints`, `keep`, `step`, `break`
        ");
    }

    #[test]
    fn a_series_is_a_whole_number_of_parts() {
        for (release, series, expected) in [
            ("6.1.192", "6.1", true),
            ("6.12.107+deb13", "6.1", false),
            ("6.12.107+deb13", "6.12", true),
            ("7.3.4", "7", true),
            ("6.18.44-fc-v657", "6.18", true),
        ] {
            assert_eq!(is_of_series(release, series), expected, "{release} {series}");
        }
    }
}
