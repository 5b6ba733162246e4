//! The language menu in the header of each page.
//!
//! It is part of the page itself, links in a `<details>`: it works from a file, with a keyboard and
//! without scripts. The script adds comfort only.

use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::language::Language;

/// Where the menu goes: in mdBook's header, the first of the buttons on the right.
const BUTTONS: &str = "<div class=\"right-buttons\">";

const STYLE: &str = include_str!("menu/menu.css");
const SCRIPT: &str = include_str!("menu/menu.js");
const ICON: &str = include_str!("menu/globe.svg");

/// One line of the menu.
struct Entry<'a> {
    tag: &'a str,
    name: &'a str,
    /// Its folder, below the top: empty for the book's own language.
    folder: &'a str,
}

/// Adds the menu to all pages. `folders` and `pages` are of the book's own language first, then of each
/// of `languages`.
pub(crate) fn add(
    source: &str,
    languages: &[Language],
    folders: &[PathBuf],
    pages: &[Vec<PathBuf>],
) -> Result<()> {
    let name = if source == "en" { "English" } else { source };
    let mut entries = vec![Entry { tag: source, name, folder: "" }];
    entries.extend(languages.iter().map(|language| Entry {
        tag: &language.tag,
        name: &language.name,
        folder: &language.tag,
    }));
    for ((here, folder), pages) in entries.iter().zip(folders).zip(pages) {
        for page in pages.iter().filter(|page| has_menu(page)) {
            let path = folder.join(page);
            let html = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let Some(html) = with_menu(&html, &menu(&entries, here, page)) else {
                bail!("{} has no `{BUTTONS}` for the language menu", page.display());
            };
            fs::write(&path, html).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(())
}

/// The list of contents is no page, and that of errors does not know where it is.
fn has_menu(page: &Path) -> bool {
    page != Path::new("toc.html") && page != Path::new("404.html")
}

fn with_menu(html: &str, menu: &str) -> Option<String> {
    let (before, after) = html.split_once(BUTTONS)?;
    let (head, body) = before.split_once("</head>")?;
    Some(format!("{head}<style>{STYLE}</style>\n</head>{body}{BUTTONS}\n{menu}{after}"))
}

fn menu(entries: &[Entry<'_>], here: &Entry<'_>, page: &Path) -> String {
    let depth = page.components().filter(|part| matches!(part, Component::Normal(_))).count() - 1;
    let up = "../".repeat(depth + usize::from(!here.folder.is_empty()));
    let page = page.to_string_lossy();
    let mut items = String::new();
    for Entry { tag, name, folder } in entries {
        let slash = if folder.is_empty() { "" } else { "/" };
        let current = if *tag == here.tag { " aria-current=\"true\"" } else { "" };
        let name = escaped(name);
        items.push_str(&format!(
            "<li><a href=\"{up}{folder}{slash}{page}\" lang=\"{tag}\" hreflang=\"{tag}\"{current}>{name}</a></li>\n"
        ));
    }
    let name = escaped(here.name);
    format!(
        "<details class=\"language-menu\">\n<summary class=\"icon-button\" title=\"Language\" \
         aria-label=\"Language: {name}\">{icon}</summary>\n<ul>\n{items}</ul>\n</details>\n\
         <script>{SCRIPT}</script>\n",
        icon = ICON.trim_end(),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_the_same_page_in_the_other_language() {
        let entry = |tag, name, folder| Entry { tag, name, folder };
        let entries = [entry("en", "English", ""), entry("zh-TW", "繁體中文", "zh-TW")];
        let links = |here, page: &str| {
            let menu = menu(&entries, here, Path::new(page));
            let links = menu.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
            links.filter(|link| link.contains('.')).map(str::to_string).collect::<Vec<_>>()
        };
        assert_eq!(links(&entries[0], "index.html"), ["index.html", "zh-TW/index.html"]);
        assert_eq!(
            links(&entries[0], "a/b/c.html"),
            ["../../a/b/c.html", "../../zh-TW/a/b/c.html"]
        );
        assert_eq!(links(&entries[1], "a/c.html"), ["../../a/c.html", "../../zh-TW/a/c.html"]);
    }
}
