//! What a row's function has to say; put together piece by piece.

use super::{
    Suggestion,
    origin::{Link, Origin},
};

/// An explanation as its family gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) title: String,
    pub(crate) meaning: String,
    pub(crate) register: Option<u8>,
    pub(crate) numbers: Vec<(&'static str, i64)>,
    pub(crate) links: Vec<Link>,
    pub(crate) suggestion: Option<Suggestion>,
    pub(crate) confident: bool,
}

impl Account {
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            meaning: String::new(),
            register: None,
            numbers: Vec::new(),
            links: Vec::new(),
            suggestion: None,
            confident: true,
        }
    }

    /// Adds sentences.
    pub(crate) fn meaning(mut self, sentence: impl AsRef<str>) -> Self {
        let sentence = sentence.as_ref();
        if !self.meaning.is_empty() && !sentence.is_empty() {
            self.meaning.push(' ');
        }
        self.meaning.push_str(sentence);
        self
    }

    pub(crate) fn register(mut self, register: u8) -> Self {
        self.register = Some(register);
        self
    }

    pub(crate) fn number(mut self, name: &'static str, value: impl Into<Option<i64>>) -> Self {
        self.numbers.extend(value.into().map(|value| (name, value)));
        self
    }

    /// What to change, in words.
    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.suggestion = Some(Suggestion { text: text.into(), code: None });
        self
    }

    /// The code that the help is about.
    pub(crate) fn code(mut self, code: impl Into<String>) -> Self {
        if let Some(suggestion) = &mut self.suggestion {
            suggestion.code = Some(code.into());
        }
        self
    }

    pub(crate) fn origin(mut self, origin: &Origin<'_>) -> Self {
        self.links.extend(origin.links.iter().cloned());
        self
    }

    pub(crate) fn link(mut self, at: usize, what: impl Into<String>) -> Self {
        self.links.push(Link { at, what: what.into() });
        self
    }

    /// The message is understood, but this log does not prove the rest.
    pub(crate) fn unsure(mut self) -> Self {
        self.confident = false;
        self
    }

    /// Sure only if `known`.
    pub(crate) fn sure_if(mut self, known: bool) -> Self {
        self.confident &= known;
        self
    }
}
