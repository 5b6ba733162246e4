//! Patterns for messages whose registers, numbers and names vary.

/// Whether `pattern` describes the whole of `text`: `?` stands for any one character, `*` for any
/// run of them (an empty one too), everything else for itself.
///
/// Takes at most `pattern.len() * text.len()` steps, whatever the two contain.
///
/// ```
/// assert!(verifier_log::matches("R? invalid mem access '*'", "R7 invalid mem access 'inv'"));
/// assert!(!verifier_log::matches("R? !read_ok", "R10 !read_ok"));
/// ```
pub fn matches(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // Where to resume when the run taken by the last `*` turns out too short.
    let mut retry = None;
    loop {
        match pattern.next() {
            Some('*') => {
                retry = Some((pattern.clone(), text.clone()));
                continue;
            }
            Some(wanted) => match text.next() {
                Some(found) if wanted == '?' || wanted == found => continue,
                Some(_) => {}
                None => return false,
            },
            None if text.as_str().is_empty() => return true,
            None => {}
        }
        let Some((from, mut rest)) = retry.take() else { return false };
        rest.next();
        (pattern, text) = (from.clone(), rest.clone());
        retry = Some((from, rest));
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn table() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("**", "anything", true),
            ("?", "", false),
            ("?", "é", true),
            ("a*b", "ab", true),
            ("a*b", "axxbxb", true),
            ("a*b", "axxbx", false),
            ("*ab", "aab", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("abc", "ab", false),
            ("abc*", "abc", true),
            ("R? type=* expected=fp*", "R2 type=inv expected=fp, pkt", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "`{pattern}` against `{text}`");
        }
    }

    #[test]
    fn many_stars_do_not_blow_up() {
        assert!(!matches(&"*a".repeat(50), &"b".repeat(5_000)));
        assert!(!matches(&format!("{}b", "*a".repeat(50)), &"a".repeat(5_000)));
    }
}
