//! The command line of a lab: `--object FILE`, `--help`, and the flags of its own.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Result, bail};
use lexopt::prelude::*;

/// What a lab says about itself in `--help`, and the flags it knows.
#[derive(Debug)]
pub struct Usage {
    /// The binary's name: `env!("CARGO_BIN_NAME")`.
    pub name: &'static str,
    /// One sentence: what the lab shows.
    pub about: &'static str,
    /// Flags besides `--object` and `--help`.
    pub flags: &'static [Flag],
}

/// The letters of flags: `('p', "pid")` lets `-p 7` stand for `--pid 7`.
pub type Letters = &'static [(char, &'static str)];

/// What [`crate::Lab::flag`] gives for a switch that is there.
const ON: &str = "on";

/// A flag that takes a value, as in `--every 2`, or a switch, which takes none.
#[derive(Debug)]
pub struct Flag {
    /// Without the dashes.
    pub name: &'static str,
    /// How `--help` calls the value, in capitals; empty for a switch.
    pub value: &'static str,
    /// The value when the flag is not given; empty for a switch.
    pub default: &'static str,
    /// What it does.
    pub help: &'static str,
}

/// `--every SECONDS`, for labs that print a table again and again. Read it with [`crate::Lab::every`].
pub const EVERY: Flag = Flag {
    name: "every",
    value: "SECONDS",
    default: "2",
    help: "print the table every SECONDS; 0: only on Enter and at the end",
};

/// A value on the command line that makes no sense: the exit status is another one then.
#[derive(Debug)]
pub(crate) struct WrongValue {
    flag: String,
    value: String,
}

impl std::fmt::Display for WrongValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "--{} cannot be `{}`", self.flag, self.value)
    }
}

impl std::error::Error for WrongValue {}

/// What the command line asks for.
pub(crate) enum Parsed {
    Help,
    Run(Args),
}

/// The values given on the command line.
#[derive(Debug, Default)]
pub(crate) struct Args {
    /// The object to load instead of the embedded one.
    pub(crate) object: Option<PathBuf>,
    flags: HashMap<&'static str, String>,
}

impl Args {
    /// The value of a flag, or its default.
    ///
    /// # Panics
    /// When `usage` has no such flag: a mistake in the lab itself.
    pub(crate) fn get<'a>(&'a self, usage: &Usage, name: &str) -> &'a str {
        match self.flags.get(name) {
            Some(given) => given,
            None => {
                usage.flags.iter().find(|flag| flag.name == name).expect("a known flag").default
            }
        }
    }

    /// As [`get`](Self::get), as a number or whatever else can be parsed.
    pub(crate) fn parsed<T: FromStr>(&self, usage: &Usage, name: &str) -> Result<T, WrongValue> {
        let value = self.get(usage, name);
        value.parse().map_err(|_| WrongValue { flag: name.to_owned(), value: value.to_owned() })
    }
}

/// Parses the arguments; the first is the name of the program.
///
/// # Errors
/// An unknown argument, a flag without its value, a value that is not UTF-8.
pub(crate) fn parse(
    usage: &'static Usage,
    letters: Letters,
    args: impl IntoIterator<Item = OsString>,
) -> Result<Parsed> {
    let mut parser = lexopt::Parser::from_iter(args);
    let mut parsed = Args::default();
    while let Some(arg) = parser.next()? {
        let name = match &arg {
            Short('h') | Long("help") => return Ok(Parsed::Help),
            Long("object") => {
                parsed.object = Some(parser.value()?.into());
                continue;
            }
            Long(name) => Some(*name),
            Short(letter) => letters.iter().find(|known| known.0 == *letter).map(|known| known.1),
            Value(_) => None,
        };
        let flag = usage.flags.iter().find(|flag| Some(flag.name) == name);
        match (flag, name) {
            (Some(flag), _) if flag.value.is_empty() => {
                parsed.flags.insert(flag.name, ON.to_owned());
            }
            (Some(flag), _) => {
                parsed.flags.insert(flag.name, parser.value()?.string()?);
            }
            (None, Some(name)) => bail!("there is no option --{name}"),
            (None, None) => return Err(arg.unexpected().into()),
        }
    }
    Ok(Parsed::Run(parsed))
}

impl Usage {
    /// The text of `--help`.
    pub(crate) fn help(&self, letters: Letters) -> String {
        let mut rows = vec![(
            "--object FILE".to_owned(),
            "load this BPF object instead of the one built in".to_owned(),
        )];
        for flag in self.flags {
            let help = match flag.default {
                "" => flag.help.to_owned(),
                default => format!("{} (default: {default})", flag.help),
            };
            let letter = letters.iter().find(|letter| letter.1 == flag.name);
            let letter = letter.map_or_else(String::new, |letter| format!("-{}, ", letter.0));
            rows.push((format!("{letter}--{} {}", flag.name, flag.value), help));
        }
        rows.push(("-h, --help".to_owned(), "print this text".to_owned()));

        let width = rows.iter().map(|(left, _)| left.len()).max().unwrap_or(0);
        let mut text = format!("{}\n\nUsage: {} [OPTIONS]\n\nOptions:\n", self.about, self.name);
        for (left, right) in rows {
            text.push_str(&format!("  {left:width$}  {right}\n"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static USAGE: Usage = Usage {
        name: "ch0-lab",
        about: "Shows nothing.",
        flags: &[EVERY, Flag { name: "failed", value: "", default: "", help: "only failures" }],
    };
    const LETTERS: Letters = &[('e', "every"), ('F', "failed")];

    fn parsed(args: &[&str]) -> Result<Args> {
        let args = ["ch0-lab"].iter().chain(args).map(OsString::from);
        match parse(&USAGE, LETTERS, args.collect::<Vec<_>>())? {
            Parsed::Run(args) => Ok(args),
            Parsed::Help => bail!("help"),
        }
    }

    #[test]
    fn flags_have_defaults() {
        let args = parsed(&[]).unwrap();
        assert_eq!(args.get(&USAGE, "every"), "2");
        assert_eq!(args.object, None);
    }

    #[test]
    fn flags_and_object_are_taken_in_both_spellings() {
        for args in [["--every", "0", "--object", "x.o"].as_slice(), &["--every=0", "--object=x.o"]]
        {
            let args = parsed(args).unwrap();
            assert_eq!(args.get(&USAGE, "every"), "0");
            assert_eq!(args.object, Some("x.o".into()));
        }
    }

    #[test]
    fn letters_stand_for_flags_and_can_be_joined() {
        for args in [["-F", "-e", "0"].as_slice(), &["-Fe0"], &["--failed", "-e=0"]] {
            let args = parsed(args).unwrap();
            assert_eq!(args.get(&USAGE, "every"), "0");
            assert_eq!(args.get(&USAGE, "failed"), ON);
        }
        assert_eq!(parsed(&[]).unwrap().get(&USAGE, "failed"), "");
        assert!(parsed(&["--failed=1"]).is_err());
        assert!(parsed(&["-e"]).is_err());
    }

    #[test]
    fn values_are_checked_when_they_are_asked_for() {
        let args = parsed(&["--every", "soon"]).unwrap();
        let error = args.parsed::<f64>(&USAGE, "every").unwrap_err();
        assert_eq!(error.to_string(), "--every cannot be `soon`");
    }

    #[test]
    fn unknown_arguments_are_refused() {
        assert_eq!(parsed(&["--nope"]).unwrap_err().to_string(), "there is no option --nope");
        assert!(parsed(&["nope"]).is_err());
        assert!(parsed(&["--every"]).is_err());
    }

    #[test]
    fn odd_arguments_are_refused_too() {
        for odd in ["", "-", "---", "-x", "--=", "--=1", "--object", "--\u{fffd}", "--every x -- y"]
        {
            let args: Vec<_> = odd.split(' ').collect();
            assert!(parsed(&args).is_err(), "{odd}");
        }
        for value in ["", "-1", "1e300", "18446744073709551616"] {
            let args = parsed(&["--every", value]).unwrap();
            assert!(args.parsed::<u64>(&USAGE, "every").is_err(), "{value}");
        }
    }

    #[test]
    fn help_names_every_option() {
        assert_eq!(parsed(&["--help"]).unwrap_err().to_string(), "help");
        let help = USAGE.help(LETTERS);
        for option in
            ["--object FILE", "-e, --every SECONDS", "-F, --failed ", "(default: 2)", "-h, --help"]
        {
            assert!(help.contains(option), "{help}");
        }
    }
}
