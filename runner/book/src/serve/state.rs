//! What pages are told by the server.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// What is to be shown on pages: by the path of the page in the book's own language, such as
/// `ch2/hello-map.html`.
pub type Notes = BTreeMap<String, Note>;

/// What is to be shown on a page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// One character for the page's line in the list of contents.
    pub mark: String,
    /// What it means.
    pub title: String,
    /// The line below the title of the page.
    pub line: String,
}

/// All that is told.
#[derive(Debug, Clone, Serialize)]
pub(super) struct State {
    /// Grows with each build. A page that was given another one is outdated. It begins with the time, so
    /// that the same number never comes from two servers.
    pub(super) generation: u64,
    /// What is wrong with the book.
    pub(super) problem: Option<String>,
    /// What pages show.
    pub(super) notes: Notes,
}

impl State {
    pub(super) fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let generation = u64::try_from(now.as_millis()).unwrap_or_default();
        Self { generation, problem: None, notes: Notes::new() }
    }
}
