//! Small readers of the fixed pieces that log lines are made of.

/// Splits leading decimal digits off as a number; `None` without digits or past `u64`.
pub(crate) fn number(text: &str) -> Option<(u64, &str)> {
    let mut value = 0_u64;
    let mut end = 0;
    for byte in text.bytes().take_while(u8::is_ascii_digit) {
        value = value.checked_mul(10)?.checked_add(u64::from(byte - b'0'))?;
        end += 1;
    }
    (end > 0).then(|| (value, &text[end..]))
}

/// As [`number`], for instruction indices and line numbers.
pub(crate) fn index(text: &str) -> Option<(u32, &str)> {
    let (value, rest) = number(text)?;
    Some((value.try_into().ok()?, rest))
}

/// Whether `text` begins like the verifier's print of registers and stack slots:
/// `R1_w=…`, `fp-8=…`, `frame1: …`, `refs=…`, `cb`.
pub(crate) fn is_state(text: &str) -> bool {
    if let Some(rest) = text.strip_prefix("frame") {
        return index(rest).is_some_and(|(_, rest)| rest.starts_with(':'));
    }
    let slot = text.strip_prefix('R').or_else(|| text.strip_prefix("fp-"));
    if let Some((_, rest)) = slot.and_then(index) {
        return rest.starts_with('=') || rest.starts_with('_');
    }
    text.starts_with("refs=") || text == "cb" || text == "async_cb" || text.starts_with("cb ")
}

/// The number of the first register named in `text`: 2 for `R2 !read_ok`.
pub(crate) fn register(text: &str) -> Option<u8> {
    let bytes = text.as_bytes();
    text.match_indices('R').find_map(|(at, _)| {
        let starts_word = at == 0 || !is_word(bytes[at - 1]);
        let (value, rest) = index(&text[at + 1..])?;
        let ends_word = !rest.bytes().next().is_some_and(is_word);
        (starts_word && ends_word && value <= 11).then_some(value as u8)
    })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The number that follows `key` in `text`: 4 for `"insn "` in `unreachable insn 4`.
pub(crate) fn number_after(text: &str, key: &str) -> Option<u32> {
    let (_, rest) = text.split_once(key)?;
    Some(index(rest)?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_in_messages() {
        for (text, expected) in [
            ("R2 !read_ok", Some(2)),
            ("invalid access to packet, off=12 size=1, R1(id=0,off=12,r=0)", Some(1)),
            ("At program exit the register R0 has smin=2", Some(0)),
            ("invalid write to stack R10 off=-520 size=8", Some(10)),
            ("R99 R9", Some(9)),
            ("BTF_R3", None),
            ("R", None),
        ] {
            assert_eq!(register(text), expected, "{text}");
        }
    }

    #[test]
    fn states() {
        for text in ["R0=inv(id=0)", "R1_w=0", "fp-8=mmmm????", "frame1: R1=0", "refs=2"] {
            assert!(is_state(text), "{text}");
        }
        for text in ["R1 type=fp", "frame pointer is read only", "from 1 to 2", "R", "fp-x", ""] {
            assert!(!is_state(text), "{text}");
        }
    }
}
