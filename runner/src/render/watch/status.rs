//! The line at the bottom.

use std::time::Duration;

use colored::{ColoredString, Colorize};

/// How things are, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// A file has changed, or a run goes on: there is no verdict now.
    Checking,
    /// The last verdict, which is that of the files as they are.
    Pass,
    /// The same.
    Fail,
    /// It was skipped.
    Skipped,
    /// This machine cannot run it.
    CannotRun,
    /// There is no verdict: something is wrong with the files.
    Error,
}

/// What the line tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// How things are.
    pub word: Word,
    /// What is watched: `ch2 hello-map --exercise gid`.
    pub title: String,
    /// What a run is doing.
    pub doing: Option<String>,
    /// How long it has been running, where that is long.
    pub running: Option<Duration>,
    /// Files are looked at instead of listened for.
    pub polling: bool,
    /// A question, and the answer as far as it was typed.
    pub question: Option<(String, String)>,
}

/// The keys to name, as many as there is room for.
const KEYS: [&str; 4] = [
    "h hint · x exercise · b breaks · e editor · ? keys · q quit",
    "h hint · e editor · ? keys · q quit",
    "? keys · q quit",
    "",
];

/// The same after a pass.
const KEYS_PASSED: [&str; 4] = [
    "n next · x exercise · b breaks · e editor · ? keys · q quit",
    "n next · e editor · ? keys · q quit",
    "n next · q quit",
    "",
];

impl Status {
    /// Whether something is asked.
    pub fn is_question(&self) -> bool {
        self.question.is_some()
    }

    /// The line, shorter than the terminal is wide, so that it is one in any case. Its first column is free
    /// for the cursor.
    pub fn line(&self, columns: usize) -> String {
        let room = columns.saturating_sub(2);
        if let Some((question, typed)) = &self.question {
            let text = format!("{question} {typed}");
            let over = text.chars().count().saturating_sub(room);
            return format!(" {}", text.chars().skip(over).collect::<String>());
        }
        let word = self.word.text();
        if room < word.len() {
            return format!(" {}", self.word.painted(&word[..room]));
        }
        let mut line = format!(" {}", self.word.painted(word));
        let mut left = room - word.len();
        let mut add = |part: &str, paint: fn(&str) -> ColoredString| {
            let width = part.chars().count() + 2;
            if part.is_empty() || width > left {
                return false;
            }
            left -= width;
            line.push_str("  ");
            line.push_str(&paint(part).to_string());
            true
        };
        add(&self.title, |part| part.bold());
        let time = self.running.map(|time| format!("{} s", time.as_secs()));
        add(time.as_deref().unwrap_or_default(), |part| part.normal());
        add(self.doing.as_deref().unwrap_or_default(), |part| part.normal());
        add(if self.polling { "(polling)" } else { "" }, |part| part.dimmed());
        let keys = if self.word == Word::Pass { KEYS_PASSED } else { KEYS };
        keys.iter().any(|keys| add(keys, |part| part.dimmed()));
        line
    }
}

impl Word {
    fn text(self) -> &'static str {
        match self {
            Self::Checking => "CHECKING",
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Skipped => "SKIPPED",
            Self::CannotRun => "CANNOT RUN",
            Self::Error => "ERROR",
        }
    }

    fn painted(self, text: &str) -> ColoredString {
        match self {
            Self::Checking => text.cyan().bold(),
            Self::Pass => text.green().bold(),
            Self::Fail | Self::Error => text.red().bold(),
            Self::Skipped | Self::CannotRun => text.yellow().bold(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(word: Word) -> Status {
        let title = "ch2 hello-map --exercise gid".into();
        Status { word, title, doing: None, running: None, polling: false, question: None }
    }

    #[test]
    fn it_fits_into_every_width() {
        colored::control::set_override(false);
        let checking = Status {
            running: Some(Duration::from_secs(3)),
            doing: Some("Building the lab programs …".into()),
            polling: true,
            ..status(Word::Checking)
        };
        let asking = Status {
            question: Some(("Exercise, by number or name:".into(), "gid".into())),
            ..status(Word::Pass)
        };
        for status in [status(Word::Fail), checking.clone(), asking.clone()] {
            for columns in 0..200 {
                let width = status.line(columns).chars().count();
                assert!(width < columns.max(2), "{columns}: {:?}", status.line(columns));
            }
        }
        let lines = [
            status(Word::Fail).line(120),
            status(Word::Pass).line(80),
            status(Word::Pass).line(50),
            status(Word::Fail).line(24),
            status(Word::Fail).line(5),
            checking.line(120),
            asking.line(80),
            asking.line(12),
        ];
        insta::assert_snapshot!(lines.join("\n"), @"
        FAIL  ch2 hello-map --exercise gid  h hint · x exercise · b breaks · e editor · ? keys · q quit
        PASS  ch2 hello-map --exercise gid  n next · e editor · ? keys · q quit
        PASS  ch2 hello-map --exercise gid
        FAIL  ? keys · q quit
        FAI
        CHECKING  ch2 hello-map --exercise gid  3 s  Building the lab programs …  (polling)  ? keys · q quit
        Exercise, by number or name: gid
         name: gid
        ");
    }
}
