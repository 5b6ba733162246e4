//! Names in a line of C: enough to say `seen` instead of `r0`.

/// The variable that the line gives the result of `call(…)` to; of anything, if `call` is empty.
pub(crate) fn assigned(line: &str, call: &str) -> Option<String> {
    let left = if call.is_empty() {
        line.split_once(" = ")?.0
    } else {
        let at = line.find(call)?;
        line[at + call.len()..].trim_start().starts_with('(').then_some(())?;
        let left = line[..at].trim_end();
        // A cast may stand between: `x = (void *)call(…)`.
        let left = left.rsplit_once('=').filter(|(_, cast)| is_cast(cast))?.0;
        left.strip_suffix(['=', '!', '<', '>', '+', '-', '|', '&']).map_or(Some(left), |_| None)?
    };
    let left = left.trim_end();
    let start = word_start(left);
    let name = &left[start..];
    // Not a field: `s->x` is not a variable's name.
    let field = left[..start].ends_with("->") || left[..start].ends_with('.');
    let word = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (word && !field).then(|| name.to_owned())
}

fn is_cast(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || text.starts_with('(') && text.ends_with(')')
}

/// The only pointer that the line goes through: `pair` in `return pair->a + pair->b;`.
pub(crate) fn dereferenced(line: &str) -> Option<&str> {
    let mut found = None;
    for (at, mark) in line.match_indices("->").chain(line.match_indices('[')) {
        let _ = mark;
        let name = word_before(line, at)?;
        if found.is_some_and(|found| found != name) {
            return None;
        }
        found = Some(name);
    }
    for (at, _) in line.match_indices('*') {
        let unary = line[..at].trim_end().ends_with(['=', '(', ',', '+', '-', '!', '&', ';']);
        let first = line[..at].trim().is_empty() || line[..at].trim_end().ends_with("return");
        let rest = &line[at + 1..];
        let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
        if !(unary || first) || end == 0 {
            continue;
        }
        if found.is_some_and(|found| found != &rest[..end]) {
            return None;
        }
        found = Some(&rest[..end]);
    }
    found
}

fn word_before(line: &str, end: usize) -> Option<&str> {
    let start = word_start(&line[..end]);
    let plain = !line[..start].ends_with(['>', '.', ')', ']']);
    (plain && start < end).then(|| &line[start..end])
}

/// Where the word begins that `text` ends with.
fn word_start(text: &str) -> usize {
    text.trim_end_matches(is_word).len()
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// What stands in the brackets of the line's only index: `i` in `slots->byte[i]`.
pub(crate) fn index(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once('[')?;
    let (index, rest) = rest.split_once(']')?;
    let word = index.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let variable = word && index.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (variable && !rest.contains('[')).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables() {
        for (line, call, name) in [
            (
                "__u64 *seen = bpf_map_lookup_elem(&runs, &key);",
                "bpf_map_lookup_elem",
                Some("seen"),
            ),
            (
                "e = (struct event *)bpf_ringbuf_reserve(&rb, 8, 0);",
                "bpf_ringbuf_reserve",
                Some("e"),
            ),
            ("if (x == bpf_get_prandom_u32())", "bpf_get_prandom_u32", None),
            ("s->x = bpf_get_prandom_u32();", "bpf_get_prandom_u32", None),
            ("return bpf_redirect(1, 0);", "bpf_redirect", None),
            ("n += bpf_get_prandom_u32();", "bpf_get_prandom_u32", None),
            ("void *data = (void *)(long)ctx->data;", "", Some("data")),
        ] {
            assert_eq!(assigned(line, call).as_deref(), name, "{line}");
        }
        assert_eq!(dereferenced("return pair[0] + pair[1];"), Some("pair"));
        assert_eq!(dereferenced("*seen += 1;"), Some("seen"));
        assert_eq!(dereferenced("x = a->b->c;"), None);
        assert_eq!(dereferenced("x = a * b;"), None);
        assert_eq!(dereferenced("sum(a->x, b->x);"), None);
        assert_eq!(index("return slots->byte[i];"), Some("i"));
        assert_eq!(index("return a[i][j];"), None);
        assert_eq!(index("return a[3];"), None);
    }
}
