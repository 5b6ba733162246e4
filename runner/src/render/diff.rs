//! Two programs as a unified diff, without file names.

use colored::Colorize;
use similar::TextDiff;

/// What leads from one text to the other; empty if they are equal.
pub fn unified(from: &str, to: &str) -> String {
    let diff = TextDiff::from_lines(from, to);
    let mut text = String::new();
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        for line in hunk.to_string().lines() {
            let line = match line.chars().next() {
                Some('+') => line.green(),
                Some('-') => line.red(),
                Some('@') => line.dimmed(),
                _ => line.normal(),
            };
            text += &format!("{line}\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hunk_has_its_lines_and_equal_texts_have_none() {
        colored::control::set_override(false);
        let (old, new) = ("a\nb\nc\n", "a\nB\nc\n");
        insta::assert_snapshot!(unified(old, new), @r"
        @@ -1,3 +1,3 @@
         a
        -b
        +B
         c
        ");
        assert_eq!(unified(old, old), "");
    }
}
