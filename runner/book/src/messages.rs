//! What there is to translate: the template, and the tables of each language beside it.

mod merge;
mod prose;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use mdbook_driver::book::BookItem;
use mdbook_driver::config::Config;
use mdbook_i18n_helpers::xgettext::create_catalogs;
use mdbook_renderer::RenderContext;
use polib::catalog::Catalog;
use polib::message::Message;

use crate::build::load;
use crate::config;
use crate::language::{Language, TABLES};

/// The name of the template, in the folder of the tables.
pub const TEMPLATE: &str = "messages.pot";

/// The template's text for the pages as they are now. It names the files that messages are in, and no
/// lines or dates: so it changes only when there is something else to translate.
///
/// # Errors
/// The book cannot be read.
pub fn template(root: &Path) -> Result<String> {
    let mut config = config::read(root)?;
    config.set("output.xgettext.granularity", 0)?;
    let mut book = load(root, config)?;
    book.book.for_each_mut(|item| {
        if let BookItem::Chapter(chapter) = item {
            chapter.content = prose::only(&chapter.content);
        }
    });
    let context = RenderContext::new(root, book.book, book.config, "");
    let mut catalogue = create_catalogs(&context, fs::read_to_string)?
        .into_values()
        .next()
        .ok_or_else(|| anyhow!("there is nothing to translate in {}", root.display()))?;
    catalogue.metadata.pot_creation_date = String::new();
    catalogue.metadata.language = String::new();
    let mut config = context.config;
    for (name, text) in of_config(&mut config) {
        add(&mut catalogue, text, &format!("book.toml: {name}"));
    }
    text(&catalogue)
}

/// The texts in `book.toml`, each with its key.
pub(crate) fn of_config(config: &mut Config) -> impl Iterator<Item = (&'static str, &mut String)> {
    let book = &mut config.book;
    let texts = [("title", book.title.as_mut()), ("description", book.description.as_mut())];
    texts.into_iter().filter_map(|(name, text)| Some((name, text?)))
}

/// The translation of a text, if there is one and it is not outdated.
pub(crate) fn find(catalogue: &Catalog, text: &str) -> Option<String> {
    let message = catalogue.find_message(None, text, None)?;
    let good = message.is_translated() && !message.flags().is_fuzzy();
    good.then(|| message.msgstr().ok().map(str::to_string)).flatten()
}

fn add(catalogue: &mut Catalog, text: &str, comment: &str) {
    if catalogue.find_message(None, text, None).is_none() {
        let message =
            Message::build_singular().with_msgid(text.into()).with_comments(comment.into()).done();
        catalogue.append_or_update(message);
    }
}

/// polib writes to files only.
fn text(catalogue: &Catalog) -> Result<String> {
    let file = tempfile::NamedTempFile::new().context("cannot make a temporary file")?;
    polib::po_file::write(catalogue, file.path()).context("cannot write the template")?;
    Ok(fs::read_to_string(file.path())?.trim_start().to_string())
}

/// Brings the template and all tables up to date, and gives those that were not. With `only_look`
/// nothing is written.
///
/// # Errors
/// The book or a table cannot be read or written, or there is no msgmerge.
pub fn update(root: &Path, only_look: bool) -> Result<Vec<PathBuf>> {
    let template = template(root)?;
    let mut stale = Vec::new();
    let mut put = |path: PathBuf, text: &str| -> Result<()> {
        if fs::read_to_string(&path).is_ok_and(|was| was == text) {
            return Ok(());
        }
        if !only_look {
            fs::create_dir_all(root.join(TABLES))?;
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        stale.push(path);
        Ok(())
    };
    put(root.join(TABLES).join(TEMPLATE), &template)?;
    for language in Language::all(root)? {
        language.catalogue()?;
        let merged = merge::merged(&language, &template)?;
        put(language.table, &merged)?;
    }
    Ok(stale)
}
