//! Headings keep their ids in each language.
//!
//! mdBook makes the id of a heading from its text. With the text translated, links to `page.html#break`,
//! scripts that look for a section, and the way from a section to the same in another language would
//! all break. So each heading is given the id of the original before it is translated.

use std::collections::HashSet;
use std::ops::Range;

use mdbook_markdown::pulldown_cmark::{Event, Tag, TagEnd};
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};

/// The page with an id at each heading: `## Break` becomes `## Break {#break}`.
pub(crate) fn keep(page: &str) -> String {
    let mut kept = String::with_capacity(page.len() + 256);
    let mut copied = 0;
    for (end, id) in ids(page) {
        kept.push_str(&page[copied..end]);
        kept.push_str(&format!(" {{#{id}}}"));
        copied = end;
    }
    kept.push_str(&page[copied..]);
    kept
}

/// Where an id goes, and which. Headings with one of their own have it already.
fn ids(page: &str) -> Vec<(usize, String)> {
    let mut options = MarkdownOptions::default();
    options.smart_punctuation = false;
    let mut found = Vec::new();
    let mut used = HashSet::new();
    let mut heading: Option<(Range<usize>, String, bool)> = None;
    for (event, range) in new_cmark_parser(page, &options).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { id, classes, attrs, .. }) => {
                let plain = id.is_none() && classes.is_empty() && attrs.is_empty();
                heading = Some((range, String::new(), plain));
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some((_, words, _)) = &mut heading {
                    words.push_str(&text);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some((_, words, _)) = &mut heading {
                    words.push(' ');
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                let Some((range, words, plain)) = heading.take() else { continue };
                let line = page[range.clone()].trim_end();
                // `## Title ##` and `Title` over a line of `===` have no plain end to write at.
                if plain && line.starts_with('#') && !line.ends_with('#') {
                    let id = unique(&slug(&words), &mut used);
                    found.push((range.start + line.len(), id));
                }
            }
            _ => {}
        }
    }
    found
}

/// The id that mdBook gives to a heading (`id_from_content` in mdbook-html).
fn slug(words: &str) -> String {
    let kept = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c),
        c if c.is_whitespace() => Some('-'),
        _ => None,
    };
    words.trim().to_lowercase().chars().filter_map(kept).collect()
}

/// As `unique_id` in mdbook-html.
fn unique(id: &str, used: &mut HashSet<String>) -> String {
    let numbered = (1..).map(|number| format!("{id}-{number}"));
    let mut candidates = std::iter::once(id.to_string()).chain(numbered);
    candidates.find(|candidate| used.insert(candidate.clone())).expect("numbers do not end")
}

#[cfg(test)]
mod tests {
    use super::keep;

    #[test]
    fn a_heading_gets_the_id_that_mdbook_would_give_it() {
        let page = "# The `bpf()` call\n\ntext\n\n## Run\n\n> ## Run  \n\n```sh\n# not one\n```\n\n## Own {#mine}\n";
        let kept = "# The `bpf()` call {#the-bpf-call}\n\ntext\n\n## Run {#run}\n\n> ## Run {#run-1}  \n\n```sh\n# not one\n```\n\n## Own {#mine}\n";
        assert_eq!(keep(page), kept);
    }
}
