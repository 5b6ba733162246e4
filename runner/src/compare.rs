//! Expected against found, line by line.

use similar::{ChangeTag, TextDiff};

/// One line of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it stands.
    pub side: Side,
    /// The line without its end.
    pub text: String,
}

/// On which side a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Expected, and missing.
    Expected,
    /// Found, and not expected.
    Found,
    /// On both sides.
    Both,
}

impl Side {
    /// The mark of unified diffs.
    pub fn mark(self) -> char {
        match self {
            Self::Expected => '-',
            Self::Found => '+',
            Self::Both => ' ',
        }
    }
}

/// How many lines of what was found are compared with what is expected. Labs print a few dozen; a program
/// that prints millions would take as much memory again for each.
const MOST_FOUND: usize = 20_000;

/// How many equal lines are shown around a difference.
const CONTEXT: usize = 3;

/// Compares two texts; `None` when they are equal. Ends of lines and empty lines at the end do not
/// count: an editor may change them.
pub fn compare(expected: &str, found: &str) -> Option<Vec<Line>> {
    let (expected, found) = (expected.trim_end(), found.trim_end());
    if expected == found {
        return None;
    }
    // The last line ends as all others do, or it would differ from itself.
    let ended = |text: &str| if text.is_empty() { String::new() } else { format!("{text}\n") };
    let (expected, mut found) = (ended(expected), ended(found));
    let end = found.match_indices('\n').nth(MOST_FOUND - 1).map(|(at, _)| at + 1);
    let cut = end.map_or(0, |end| found.split_off(end).lines().count());
    let diff = TextDiff::from_lines(&expected, &found);
    let mut lines = Vec::new();
    for group in diff.grouped_ops(CONTEXT) {
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let side = match change.tag() {
                ChangeTag::Delete => Side::Expected,
                ChangeTag::Insert => Side::Found,
                ChangeTag::Equal => Side::Both,
            };
            let text = change.value().trim_end_matches('\n').to_string();
            lines.push(Line { side, text });
        }
    }
    if cut > 0 {
        lines.push(Line { side: Side::Found, text: format!("… and {cut} lines more") });
    }
    Some(lines)
}

/// A difference as plain text.
pub fn plain(lines: &[Line]) -> String {
    lines.iter().map(|line| format!("{}{}\n", line.side.mark(), line.text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_the_last_is_not_another() {
        assert_eq!(plain(&compare("a\nb\n", "a\n").unwrap()), " a\n-b\n");
    }

    #[test]
    fn equal_texts_have_no_difference() {
        assert_eq!(compare("a\nb\n", "a\nb\n\n"), None);
    }

    #[test]
    fn a_difference_is_shown_with_its_surroundings() {
        let lines = compare("1\n2\n3\n4\nuid=0 execs=3\n", "1\n2\n3\n4\nuid=0 execs=4\n").unwrap();
        insta::assert_snapshot!(plain(&lines), @r"
         2
         3
         4
        -uid=0 execs=3
        +uid=0 execs=4
        ");
    }

    #[test]
    fn of_millions_of_lines_the_first_are_enough() {
        let found: String = (0..3_000_000).map(|n| format!("{n:x}\n")).collect();
        let lines = compare("uid=0 execs=3\n", &found).unwrap();
        assert_eq!(lines.len(), 1 + MOST_FOUND + 1);
        assert_eq!(lines.last().unwrap().text, "… and 2980000 lines more");
    }

    #[test]
    fn an_empty_side_is_a_difference() {
        assert_eq!(plain(&compare("a", "").unwrap()), "-a\n");
        assert_eq!(plain(&compare("", "a").unwrap()), "+a\n");
    }
}
