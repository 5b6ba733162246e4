//! The book's own settings, and what each language changes in them.

use std::path::Path;

use anyhow::{Context, Result};
use mdbook_driver::config::Config;

/// Reads `book.toml`. Variables such as `MDBOOK_BUILD__BUILD_DIR`, which mdBook's own command obeys, do
/// not count: the book is to be the same for everybody.
pub(crate) fn read(root: &Path) -> Result<Config> {
    let path = root.join("book.toml");
    Config::from_disk(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// The language that the book is written in.
pub(crate) fn source_language(config: &Config) -> String {
    config.book.language.clone().unwrap_or_else(|| "en".into())
}
