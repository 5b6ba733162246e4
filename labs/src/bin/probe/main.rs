//! probe: which kernel features that labs need work here.
//!
//! Each is really tried on the running kernel: loaded, attached, and, where that can be arranged, seen
//! to run. Versions are not looked at: distributions carry features backwards and leave them out. What
//! is attached is detached at once.
//!
//! One line a feature: `kprobe yes`, `kprobe no: REASON`, or `kprobe denied: REASON` when it cannot be
//! told without more rights. The reason is a phrase for people.

mod feature;
mod newer;
mod rights;

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Result, bail};
use feature::{FEATURES, Feature};
use lexopt::ValueExt;

fn main() -> ExitCode {
    let features = match features(lexopt::Parser::from_env()) {
        Ok(Some(features)) => features,
        Ok(None) => {
            let _ = io::stdout().write_all(help().as_bytes());
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}\nTry `probe --help`.");
            return ExitCode::from(2);
        }
    };

    libbpf_rs::set_print(None); // libbpf's warnings would only repeat what the answers say
    for feature in features {
        let answer = match (feature.check)() {
            Ok(()) => "yes".to_owned(),
            Err(error) => match rights::missing(&error) {
                Some(missing) => format!("denied: {missing}"),
                None => format!("no: {}", labs::phrase(&error)),
            },
        };
        if writeln!(io::stdout(), "{} {answer}", feature.name).is_err() {
            break; // nobody reads any more
        }
    }
    ExitCode::SUCCESS
}

/// The features that are asked for: all, when none is named. None at all for `--help`.
fn features(mut args: lexopt::Parser) -> Result<Option<Vec<&'static Feature>>> {
    let mut features = Vec::new();
    while let Some(arg) = args.next()? {
        match arg {
            lexopt::Arg::Short('h') | lexopt::Arg::Long("help") => return Ok(None),
            lexopt::Arg::Value(name) => {
                let name = name.string()?;
                match FEATURES.iter().find(|feature| feature.name == name) {
                    Some(feature) => features.push(feature),
                    None => bail!("there is no feature {name}"),
                }
            }
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Some(if features.is_empty() { FEATURES.iter().collect() } else { features }))
}

fn help() -> String {
    let names: Vec<_> = FEATURES.iter().map(|feature| feature.name).collect();
    format!(
        "Tries kernel features that labs need: all, or those named.\n\n\
         Usage: probe [FEATURE]...\n\nFeatures: {}\n",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(args: &[&str]) -> Result<Option<Vec<&'static str>>> {
        let args = lexopt::Parser::from_iter(["probe"].iter().chain(args));
        Ok(features(args)?.map(|features| features.iter().map(|feature| feature.name).collect()))
    }

    #[test]
    fn features_are_taken_in_the_order_given() {
        assert_eq!(names(&["xdp", "btf"]).unwrap(), Some(vec!["xdp", "btf"]));
        assert_eq!(names(&[]).unwrap().map(|all| all.len()), Some(FEATURES.len()));
        assert_eq!(names(&["--help"]).unwrap(), None);
        assert_eq!(names(&["ftrace"]).unwrap_err().to_string(), "there is no feature ftrace");
    }
}
