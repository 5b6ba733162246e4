//! Builds the site: the book itself at the top, each translation in a folder below.

use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result, anyhow};
use mdbook_driver::MDBook;
use mdbook_driver::book::BookItem;
use mdbook_driver::config::Config;
use mdbook_i18n_helpers::gettext::{add_stripped_summary_translations, translate_book};

use crate::language::Language;
use crate::site::{self, Site};
use crate::{anchors, complaints, config, menu, messages};

/// A built book.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Built {
    /// The tags of the languages, the book's own first.
    pub languages: Vec<String>,
    /// How many pages there are, in all languages.
    pub pages: usize,
    /// What is wrong with pages that were built all the same, such as an include of a file that is not
    /// there.
    pub complaints: Vec<String>,
}

/// How many complaints are told: one mistake may be on many pages.
const TOLD: usize = 10;

impl Built {
    /// The first complaints, one a line, if there are any.
    pub fn summary(&self) -> Option<String> {
        let mut text = self.complaints.iter().take(TOLD).cloned().collect::<Vec<_>>().join("\n");
        if let Some(more @ 1..) = self.complaints.len().checked_sub(TOLD) {
            text += &format!("\n… and {more} more like these.");
        }
        (!text.is_empty()).then_some(text)
    }
}

/// Builds the book of the folder `root` with all its languages, and puts it in place of what is at
/// `destination`. If it fails, that stays as it is.
///
/// # Errors
/// The book cannot be built; every link of the chain says more about where.
pub fn build(root: &Path, destination: &Path) -> Result<Built> {
    let config = config::read(root)?;
    let languages = Language::all(root)?;
    let site = Site::begin(destination)?;
    let mut built = Built { languages: vec![config::source_language(&config)], ..Built::default() };
    // Each takes about as long as the others, and there are few.
    let results = thread::scope(|scope| {
        let tongues = std::iter::once(None).chain(languages.iter().map(Some));
        let threads: Vec<_> = tongues
            .map(|language| {
                let (config, site) = (&config, &site);
                scope.spawn(move || complaints::collect(|| build_one(root, config, language, site)))
            })
            .collect();
        let died = |_| (Err(anyhow!("mdBook gave up; it says why above")), Vec::new());
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(died)).collect::<Vec<_>>()
    });
    for (result, said) in results {
        result?;
        // The original's complaints are those of each translation, too.
        let new: Vec<_> = said.into_iter().filter(|c| !built.complaints.contains(c)).collect();
        built.complaints.extend(new);
    }
    let mut folders = vec![site.pages(None)];
    for language in &languages {
        folders.push(site.put_below(&language.tag)?);
        built.languages.push(language.tag.clone());
    }
    let tags: Vec<&str> = languages.iter().map(|language| language.tag.as_str()).collect();
    let pages: Vec<Vec<PathBuf>> =
        folders.iter().map(|folder| site::pages(folder, &tags)).collect::<Result<_>>()?;
    built.pages = pages.iter().map(Vec::len).sum();
    if !languages.is_empty() {
        menu::add(&built.languages[0], &languages, &folders, &pages)?;
    }
    site.publish()?;
    Ok(built)
}

/// Builds the book in one language, `None` being its own.
fn build_one(root: &Path, config: &Config, language: Option<&Language>, site: &Site) -> Result<()> {
    let mut config = config.clone();
    config.build.build_dir = site.pages(language.map(|language| language.tag.as_str()));
    let Some(language) = language else { return load(root, config)?.build() };

    let in_language = || format!("the book in {} ({})", language.name, language.table.display());
    let mut catalogue = language.catalogue()?;
    add_stripped_summary_translations(&mut catalogue);
    config.book.language = Some(language.tag.clone());
    for (_, text) in messages::of_config(&mut config) {
        if let Some(translated) = messages::find(&catalogue, text) {
            *text = translated;
        }
    }
    if let Some(url) = config.html_config().and_then(|html| html.site_url) {
        let below = format!("{}/{}/", url.trim_end_matches('/'), language.tag);
        config.set("output.html.site-url", below)?;
    }
    let mut book = load(root, config)?;
    book.book.for_each_mut(|item| {
        if let BookItem::Chapter(chapter) = item {
            chapter.content = anchors::keep(&chapter.content);
        }
    });
    // Now, and not as a preprocessor: what is included comes in when the book is built, so code and
    // recorded outputs are never translated.
    translate_book(&catalogue, &mut book.book).with_context(in_language)?;
    book.build().with_context(in_language)
}

/// Reads the pages, with nothing included yet.
pub(crate) fn load(root: &Path, config: Config) -> Result<MDBook> {
    MDBook::load_with_config(root, config)
}
