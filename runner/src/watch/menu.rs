//! Choosing one of several by its number or its name.

use super::keys::Key;

/// What is to be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The lab to watch.
    Lab,
    /// A known mistake, to be run once.
    Break,
    /// The exercise to solve.
    Exercise,
}

/// A question, and what was typed so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Menu {
    /// What is to be chosen.
    pub what: What,
    /// The names, in the order of their numbers; the first has this number.
    pub names: Vec<String>,
    first: usize,
    typed: String,
}

/// What a key has led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// More is to be typed.
    More,
    /// Nothing was chosen.
    Left,
    /// The one with this index.
    Chosen(usize),
    /// These words, which are neither a number nor a name that is listed.
    Words(String),
}

impl Menu {
    /// Asks for one of these; the number of the first one is `first`.
    pub fn new(what: What, names: Vec<String>, first: usize) -> Self {
        Self { what, names, first, typed: String::new() }
    }

    /// What was typed so far.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// Takes a key.
    pub fn press(&mut self, key: Key) -> Step {
        match key {
            Key::Char(char) => self.typed.push(char),
            Key::Backspace if self.typed.pop().is_none() => return Step::Left,
            Key::Backspace | Key::Redraw => {}
            Key::Escape | Key::End => return Step::Left,
            Key::Enter => return self.answer(),
        }
        Step::More
    }

    fn answer(&self) -> Step {
        let typed = self.typed.trim();
        if typed.is_empty() {
            return Step::Left;
        }
        let number = typed.parse().ok().and_then(|number: usize| number.checked_sub(self.first));
        if let Some(index) = number.filter(|index| *index < self.names.len()) {
            return Step::Chosen(index);
        }
        if let Some(index) = self.names.iter().position(|name| name == typed) {
            return Step::Chosen(index);
        }
        let beginning = |name: &&String| name.starts_with(typed);
        match self.names.iter().filter(beginning).count() {
            1 => self.names.iter().position(|name| name.starts_with(typed)),
            _ => None,
        }
        .map_or_else(|| Step::Words(typed.into()), Step::Chosen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(keys: &str) -> Step {
        let names = ["null-check", "key-size", "key-type"].map(String::from).into();
        let mut menu = Menu::new(What::Break, names, 1);
        for char in keys.chars() {
            let key = match char {
                '<' => Key::Backspace,
                '!' => Key::Escape,
                char => Key::Char(char),
            };
            if menu.press(key) != Step::More {
                return Step::Left;
            }
        }
        menu.press(Key::Enter)
    }

    #[test]
    fn a_number_a_name_or_its_beginning() {
        for (keys, expected) in [
            ("1", Step::Chosen(0)),
            ("3", Step::Chosen(2)),
            ("key-size", Step::Chosen(1)),
            ("nu", Step::Chosen(0)),
            ("12<", Step::Chosen(0)),
            ("key", Step::Words("key".into())),
            ("0", Step::Words("0".into())),
            ("4", Step::Words("4".into())),
            ("", Step::Left),
            (" ", Step::Left),
            ("1!", Step::Left),
            ("<", Step::Left),
        ] {
            assert_eq!(answer(keys), expected, "{keys}");
        }
    }
}
