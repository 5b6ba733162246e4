//! `lab.toml`: what a lab is, what happens while it runs, and which mistakes it knows.

use std::collections::BTreeMap;
use std::fmt;

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
        address: String,
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

fn loopback() -> String {
    "127.0.0.1".into()
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
    /// How it fails on a kernel series where that differs; replaces `failure` there.
    #[serde(default)]
    pub on: BTreeMap<String, DeclaredFailure>,
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
    /// How it fails on a kernel of this release.
    pub fn failure_on(&self, release: &str) -> &DeclaredFailure {
        let of_release = |(series, _): &(&String, _)| is_of_series(release, series);
        self.on.iter().find(of_release).map_or(&self.failure, |(_, failure)| failure)
    }
}

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
        let manifest: Manifest = toml::from_str(EXAMPLE).unwrap();
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
