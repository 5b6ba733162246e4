//! What of a page is for translators.
//!
//! Commands, programs and outputs are the same in each language. The comments in a command are not, and a
//! diagram can be replaced by one with translated words.

use std::ops::Range;

use mdbook_markdown::pulldown_cmark::{Event, Tag, TagEnd};
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};

/// The page without what is no message. Only messages are taken from it: it is not shown.
pub(super) fn only(page: &str) -> String {
    let mut options = MarkdownOptions::default();
    options.smart_punctuation = false;
    let mut replaced: Vec<(Range<usize>, &str)> = Vec::new();
    let mut in_code = false;
    for (event, range) in new_cmark_parser(page, &options).into_offset_iter() {
        let text = &page[range.clone()];
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Text(_) if in_code => replaced.push((range, comment(text))),
            Event::Start(Tag::Paragraph) if is_included_text(text) => replaced.push((range, "\n")),
            _ => {}
        }
    }
    let mut kept = String::with_capacity(page.len());
    let mut copied = 0;
    for (range, text) in replaced {
        kept.push_str(&page[copied..range.start]);
        kept.push_str(text);
        copied = range.end;
    }
    kept.push_str(&page[copied..]);
    kept
}

/// The comment in a line of a command, to its end.
fn comment(line: &str) -> &str {
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        if c == '#' && before.is_whitespace() {
            return &line[at..];
        }
        before = c;
    }
    "\n"
}

/// A paragraph of nothing but includes, none of which is a diagram.
fn is_included_text(paragraph: &str) -> bool {
    let is_include = |line: &str| {
        let file = line.trim().strip_prefix("{{#include ").and_then(|rest| rest.strip_suffix("}}"));
        file.is_some_and(|file| !file.trim_end().ends_with(".svg"))
    };
    paragraph.trim().lines().all(is_include)
}

#[cfg(test)]
mod tests {
    use mdbook_i18n_helpers::extract_messages;

    use super::only;

    fn messages(page: &str) -> Vec<String> {
        let found = extract_messages(&only(page)).unwrap();
        found.into_iter().map(|(_, found)| found.message).collect()
    }

    #[test]
    fn prose_comments_and_diagrams_are_messages() {
        let page = "# Run\n\nA *word*.\n\n{{#include ../diagrams/run.svg}}\n\n\
            ```sh\n# first\nlabrunner list # why\n```\n\n- in a list:\n\n  ```sh\n  ls # here\n  ```\n";
        let found = messages(page);
        assert_eq!(
            found,
            [
                "Run",
                "A _word_.",
                "{{#include ../diagrams/run.svg}}",
                "# first\n",
                "# why\n",
                "in a list:",
                "# here\n"
            ]
        );
    }

    #[test]
    fn code_and_outputs_are_none() {
        for page in [
            "```c\n{{#include ../../../labs-bpf/ch2/hello//hello.bpf.c}}\n```\n",
            "```text,message\nerror: \"x\" is not here // at all\n```\n",
            "```\n\"quoted\"\n```\n",
            "{{#include ../generated/ch2-hello.kernels.md}}\n",
        ] {
            assert_eq!(messages(page), [""; 0], "{page}");
        }
    }
}
