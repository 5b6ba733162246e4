//! Patterns with named gaps, for messages whose numbers and names matter.

/// What a pattern's gaps stood for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Captures<'t> {
    pairs: Vec<(&'static str, &'t str)>,
}

impl<'t> Captures<'t> {
    /// The text in a gap; empty if the pattern has no such gap.
    pub(crate) fn text(&self, name: &str) -> &'t str {
        self.pairs.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text)
    }

    /// The number in a gap.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        number(self.text(name))
    }

    /// `text` with the gaps of the same names filled in.
    pub(crate) fn fill(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        for (name, value) in self.pairs.iter().filter(|(name, _)| !name.is_empty()) {
            filled = filled.replace(&format!("{{{name}}}"), value);
        }
        filled
    }
}

/// Fits `pattern` to the whole of `text`: `{name}` stands for any text, `{#name}` for a number, all
/// else for itself. A gap ends where the literal behind it is found first; what is at the pattern's
/// end must be at the text's end.
pub(crate) fn capture<'t>(pattern: &'static str, text: &'t str) -> Option<Captures<'t>> {
    let mut pairs = Vec::new();
    let (literal, mut pattern) = pattern.split_at(pattern.find('{').unwrap_or(pattern.len()));
    let mut rest = text.strip_prefix(literal)?;
    while let Some(gap) = pattern.strip_prefix('{') {
        let (name, after) = gap.split_once('}')?;
        let (literal, next) = after.split_at(after.find('{').unwrap_or(after.len()));
        let end = if let Some(name) = name.strip_prefix('#') {
            let end = rest.len() - after_number(rest)?.len();
            pairs.push((name, &rest[..end]));
            end
        } else {
            let end = match (literal, next) {
                ("", "") => rest.len(),
                (literal, "") => rest.len() - rest.ends_with(literal).then_some(literal.len())?,
                (literal, _) => rest.find(literal)?,
            };
            pairs.push((name, &rest[..end]));
            end
        };
        rest = rest[end..].strip_prefix(literal)?;
        pattern = next;
    }
    rest.is_empty().then_some(Captures { pairs })
}

/// What follows the number that `text` begins with: decimal, or hexadecimal with `0x`.
fn after_number(text: &str) -> Option<&str> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (digits, is_digit): (_, fn(&u8) -> bool) = match digits.strip_prefix("0x") {
        Some(digits) => (digits, u8::is_ascii_hexdigit),
        None => (digits, u8::is_ascii_digit),
    };
    let count = digits.bytes().take_while(is_digit).count();
    (count > 0).then(|| &digits[count..])
}

/// A number as the kernel prints it: `-8`, `16`, `0x1f`, `0xffffffffffffffff` (which is -1).
pub(crate) fn number(text: &str) -> Option<i64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok().map(u64::cast_signed),
        None => {
            let decimal = || text.parse::<u64>().ok().map(u64::cast_signed);
            text.parse().ok().or_else(decimal)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps() {
        let found = capture(
            "invalid access to map value, value_size={#size} off={#off} size={#len}",
            "invalid access to map value, value_size=16 off=-1 size=1",
        )
        .expect("it fits");
        assert_eq!(found.number("size"), Some(16));
        assert_eq!(found.number("off"), Some(-1));
        assert_eq!(found.fill("{len} of {size}, {other}"), "1 of 16, {other}");
        for (pattern, text, fits) in [
            ("R{#r} !read_ok", "R10 !read_ok", true),
            ("R{#r} !read_ok", "Rx !read_ok", false),
            ("R{#r} invalid mem access '{type}'", "R1 invalid mem access 'inv'", true),
            ("{name}() is not modifiable", "vfs_read() is not modifiable", true),
            ("{name} is not sleepable", "vfs_read is not sleepable!", false),
            ("{}", "", true),
            ("", "a", false),
            ("a{x}a", "a", false),
            ("off (0x{a}; 0x{b})+{#c}", "off (0x0; 0x0)+0", true),
        ] {
            assert_eq!(capture(pattern, text).is_some(), fits, "`{pattern}` against `{text}`");
        }
    }

    #[test]
    fn numbers() {
        assert_eq!(number("0xffffffffffffffff"), Some(-1));
        assert_eq!(number("18446744073709551615"), Some(-1));
        assert_eq!(number("-8"), Some(-8));
        assert_eq!(number("x"), None);
    }
}
