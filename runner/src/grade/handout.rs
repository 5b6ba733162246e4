//! The report on one submission that can be handed back to the learner, as Markdown. No I/O.
//!
//! Nothing of a submission may become Markdown: all of it stands in code blocks or code spans, whose marks are longer
//! than any in the text.

use std::fmt::Write;

use super::journal::Header;
use super::row::{Entry, Mark, total};
use crate::refusal::printable;

/// The report; the entries are those of one submission.
pub fn render(header: &Header, entries: &[Entry]) -> String {
    let mut text = String::new();
    write(&mut text, header, entries).expect("writing to a string does not fail");
    text
}

fn write(text: &mut String, header: &Header, entries: &[Entry]) -> std::fmt::Result {
    let total = total(entries);
    let title =
        header.title.as_ref().map_or(String::new(), |title| format!(": {}", printable(title)));
    writeln!(text, "# {}{title}\n", code(total.submission))?;
    writeln!(text, "**{} of {} points**\n", total.points, total.out_of)?;
    if total.not_graded > 0 {
        writeln!(text, "{} of the tasks could not be graded.\n", total.not_graded)?;
    }
    writeln!(text, "| task | result | points |\n|---|---|---|")?;
    for Entry { row, .. } in entries {
        let points =
            row.points.map_or("not graded".into(), |points| format!("{points} of {}", row.out_of));
        writeln!(text, "| {} | {} | {points} |", code(&row.task), row.verdict.name())?;
    }
    for Entry { row, seen, .. } in entries {
        writeln!(text, "\n## {}\n", code(&row.task))?;
        if row.verdict == Mark::Pass && !row.message.is_empty() {
            writeln!(text, "{}\n", code(&row.message))?;
        }
        let fence = "`".repeat(3.max(longest_run(seen) + 1));
        writeln!(text, "{fence}text\n{}\n{fence}", seen.trim_end())?;
    }
    Ok(())
}

/// A text as a code span, on one line; bars would end the cell of a table.
fn code(text: &str) -> String {
    let text = printable(text).replace('|', "\u{a6}");
    let mark = "`".repeat(longest_run(&text) + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{mark}{space}{text}{space}{mark}")
}

/// How many backticks stand together at most.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grade::journal::VERSION;

    fn rendered(entries: &[Entry]) -> String {
        let header = Header {
            journal: VERSION,
            title: Some("Week 2".into()),
            tasks: None,
            kernel: "6.1".into(),
            shard: None,
            class: 2,
        };
        render(&header, entries)
    }

    #[test]
    fn points_come_first_then_what_the_learner_would_have_seen() {
        let entries = [
            Entry::with("alice", "ch2/hello", Mark::Pass, "unchanged"),
            Entry::with("alice", "ch2/hello:x", Mark::Environment, "no machine"),
        ];
        insta::assert_snapshot!(rendered(&entries), @r"
        # `alice`: Week 2

        **2 of 4 points**

        1 of the tasks could not be graded.

        | task | result | points |
        |---|---|---|
        | `ch2/hello` | pass | 2 of 2 |
        | `ch2/hello:x` | environment | not graded |

        ## `ch2/hello`

        `unchanged`

        ```text
        PASS
        ```

        ## `ch2/hello:x`

        ```text
        FAIL  at load: no machine
        ```
        ");
    }

    #[test]
    fn nothing_of_a_submission_becomes_markdown() {
        let mut entry = Entry::with("a`b\n# <script>|", "ch2/hello", Mark::Fail, "no");
        entry.seen = "```\n![x](http://example.org)\n````\n".into();
        let text = rendered(&[entry]);
        assert!(text.starts_with("# ``a`b\u{fffd}# <script>\u{a6}``: Week 2\n"), "{text}");
        assert!(
            text.ends_with("\n`````text\n```\n![x](http://example.org)\n````\n`````\n"),
            "{text}"
        );
    }
}
