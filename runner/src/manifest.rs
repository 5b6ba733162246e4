//! `lab.toml`: what a lab is, what happens while it runs, which mistakes it knows, and its exercises.

mod exercise;
mod failure;
mod step;

use std::collections::BTreeSet;

use serde::Deserialize;

pub use exercise::Exercise;
pub use failure::{Break, DeclaredFailure, Difference};
pub use step::Step;

/// A parsed `lab.toml`. Unknown keys are errors, so that a typing mistake is noticed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// One line for `labrunner list`.
    pub summary: String,
    /// Kernel features without which the lab is skipped, by the names that the `probe` binary knows.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Programs of this machine that the lab starts, such as `bpftool`.
    #[serde(default)]
    pub tools: Vec<String>,
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
    /// How many seconds the lab may take, where the usual time is not enough.
    pub seconds: Option<u32>,
    /// What it prints depends on the kernel, and is recorded for each series.
    #[serde(default)]
    pub varies: bool,
    /// Whether it has BPF C of its own, which is compiled and handed to its program.
    #[serde(default = "yes")]
    pub object: bool,
    /// What happens while the program is attached, in order.
    #[serde(default, rename = "step")]
    pub steps: Vec<Step>,
    /// The mistakes that the lab knows.
    #[serde(default, rename = "break")]
    pub breaks: Vec<Break>,
    /// What the learner is to change.
    #[serde(default, rename = "exercise")]
    pub exercises: Vec<Exercise>,
}

fn yes() -> bool {
    true
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

impl Manifest {
    /// Parses a manifest and checks what a type cannot.
    ///
    /// # Errors
    /// What is wrong, with line and column where one place is to blame.
    pub fn parse(text: &str) -> Result<Self, String> {
        let manifest: Self = toml::from_str(text).map_err(|e| e.to_string())?;
        manifest.check().map_err(|fault| fault.place_in(text))?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), Fault> {
        let exercises = &self.exercises;
        let wrong = exercises.iter().flat_map(|exercise| &exercise.wrong);
        self.breaks.iter().chain(wrong).try_for_each(Break::check)?;
        let more = exercises.iter().filter_map(|exercise| exercise.steps.as_deref());
        let mut steps = [&self.steps[..]].into_iter().chain(more).flatten();
        steps.try_for_each(Step::check)?;
        let mut needs = self.needs.iter().chain(exercises.iter().flat_map(|e| &e.needs));
        if let Some(unknown) = needs.find(|need| !FEATURES.contains(&need.as_str())) {
            let known = FEATURES.join(", ");
            let message =
                format!("`needs` names `{unknown}`, which nobody can try; there are {known}");
            return Err(Fault::new(unknown, message));
        }
        unique("breaks", self.breaks.iter().map(|known| known.name.as_str()))?;
        unique("exercises", exercises.iter().map(|exercise| exercise.name.as_str()))?;
        exercises.iter().try_for_each(|exercise| {
            unique("wrong solutions", exercise.wrong.iter().map(|known| known.name.as_str()))
        })
    }
}

/// What no type forbids, and yet is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    /// Text by which the place is found.
    text: String,
    /// What is wrong, and what would be right.
    message: String,
}

impl Fault {
    fn new(text: &str, message: impl Into<String>) -> Self {
        Self { text: text.into(), message: message.into() }
    }

    /// With the number of the last line that has the text: of two equal names the second is too much.
    fn place_in(&self, manifest: &str) -> String {
        let line = manifest.lines().collect::<Vec<_>>();
        match line.iter().rposition(|line| line.contains(&self.text)) {
            Some(index) => format!("line {}: {}", index + 1, self.message),
            None => self.message.clone(),
        }
    }
}

fn unique<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            let message = format!("two {what} have the name `{name}`: give one of them another");
            return Err(Fault::new(&format!("\"{name}\""), message));
        }
    }
    Ok(())
}

/// The kernel features that the `probe` program knows.
pub const FEATURES: &[&str] = &[
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
    "bpf-loop",
    "number-iterator",
    "task-kfunc",
    "cgroup",
    "veth",
    "clsact",
    "sockops",
    "struct-ops",
    "iter",
    "uprobe",
    "perf-event",
    "timer",
    "dynptr",
    "kfunc",
    "user-ringbuf",
    "arena",
];

/// Whether a kernel release such as `6.1.192` belongs to a series such as `6.1` or `7`.
pub(crate) fn is_of_series(release: &str, series: &str) -> bool {
    release.strip_prefix(series).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::Stage;

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
    fn a_difference_may_begin_with_a_series_and_go_on() {
        let text = format!(
            "{EXAMPLE}\n[break.on.\"6.12+\"]\nmessage = [\"new\"]\n\
             [break.on.\"6.18+\"]\nmessage = [\"newer\"]\n\
             [break.on.\"7\"]\nmessage = [\"seven\"]\n"
        );
        let manifest = Manifest::parse(&text).unwrap();
        for (release, expected) in [
            ("6.1.192", "R? invalid mem access 'map_value_or_null'"),
            ("6.9.1", "R? invalid mem access 'map_value_or_null'"),
            ("6.12.107", "new"),
            ("6.17", "new"),
            ("6.18.15", "newer"),
            ("7.3.4", "seven"),
            ("8.0", "newer"),
        ] {
            assert_eq!(manifest.breaks[0].failure_on(release).message, [expected], "{release}");
        }
    }

    #[test]
    fn what_no_type_forbids_is_refused_too() {
        let start = "summary = 'x'\nlearned = 'y'\n";
        for (more, words) in [
            ("[[step]]\ndo = 'chmod'\npath = '/a b'\nmode = '0600'", "has white space"),
            ("[[step]]\ndo = 'chmod'\npath = '/a'\nmode = '0888'", "is no mode of a file"),
            ("needs = ['kprob']", "`needs` names `kprob`, which nobody can try"),
            ("[[step]]\ndo = 'exec'\ntimes = 1\nname = 'ba sh'", "is no name of a process"),
            ("[[step]]\ndo = 'ping'\ntimes = 1\naddress = 'localhost'", "invalid IPv4 address"),
            (
                "[[break]]\nname = 'a'\ntitle = 't'\npatch = 'p'\nwhy = 'w'",
                "`a` declares no message",
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
        unknown field `need`, expected one of `summary`, `needs`, `tools`, `args`, `learned`, `hints`, `keep`, `seconds`, `varies`, `object`, `step`, `break`, `exercise`
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
