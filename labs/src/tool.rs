//! Programs of the machine, such as bpftool: started as a learner would, and their output made the same
//! on every run.

use std::io::{self, Write};
use std::process::Command;

use anyhow::{Context, Result};

/// Starts a program and waits for its end. Returns all that it printed, errors behind the rest.
///
/// # Errors
/// There is no such program.
pub fn output(command: &str) -> Result<String> {
    let mut words = command.split_ascii_whitespace();
    let program = words.next().context("an empty command")?;
    let output = Command::new(program)
        .args(words)
        .env("LC_ALL", "C")
        .env_remove("LAB_STAGES")
        .output()
        .with_context(|| format!("cannot start {program}"))?;
    let printed = [output.stdout, output.stderr].concat();
    Ok(String::from_utf8_lossy(&printed).into_owned())
}

/// Starts a program and prints the command and its output. `stable` gives what of a line is the same on
/// every run and every machine; the line itself is printed below it, as a remark, when it has more words.
///
/// # Errors
/// There is no such program.
pub fn show(command: &str, typed: &str, stable: impl Fn(&str) -> Option<String>) -> Result<()> {
    let printed = output(command)?;
    let mut out = io::stdout().lock();
    writeln!(out, "$ {typed}")?;
    for line in printed.lines().map(str::trim_end) {
        let kept = stable(line);
        if let Some(kept) = &kept {
            writeln!(out, "{kept}")?;
        }
        let words = |text: &str| text.split_ascii_whitespace().count();
        if !line.is_empty() && kept.is_none_or(|kept| words(&kept) < words(line)) {
            writeln!(out, "# {line}")?;
        }
    }
    Ok(writeln!(out)?)
}

/// The line with the word behind each `name` replaced by `by`: `id 7` becomes `id ID`. White space
/// stays as it is.
pub fn replaced(line: &str, name: &str, by: &str) -> String {
    let mut result = String::new();
    let mut hit = false;
    for part in line.split_inclusive(' ') {
        let word = part.trim_end();
        match word {
            "" => result.push_str(part),
            _ if hit => {
                result.push_str(&part.replacen(word, by, 1));
                hit = false;
            }
            _ => {
                hit = word == name;
                result.push_str(part);
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_behind_a_name_is_replaced() {
        for (line, expected) in [
            ("lo(1) generic id 7", "lo(1) generic id ID"),
            ("  id 7  name id id 9", "  id ID  name id ID 9"),
            ("grid 7", "grid 7"),
            ("id", "id"),
        ] {
            assert_eq!(replaced(line, "id", "ID"), expected);
        }
    }

    #[test]
    fn errors_are_output_too() {
        assert_eq!(output("echo a  b").unwrap(), "a b\n");
        assert!(output("no-such-program-here").is_err());
        assert!(output("").is_err());
    }
}
