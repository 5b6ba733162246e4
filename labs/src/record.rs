//! Records that BPF programs write: C structures as bytes.

use std::borrow::Cow;

use anyhow::{Context, Result};
use libbpf_rs::{MapCore, MapFlags};

/// The 4 bytes at `offset` as a `__u32`; none when the record is shorter.
pub fn u32_at(record: &[u8], offset: usize) -> Option<u32> {
    let bytes = record.get(offset..offset.checked_add(4)?)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

/// The 8 bytes at `offset` as a `__u64`; none when the record is shorter.
pub fn u64_at(record: &[u8], offset: usize) -> Option<u64> {
    let bytes = record.get(offset..offset.checked_add(8)?)?;
    Some(u64::from_ne_bytes(bytes.try_into().ok()?))
}

/// The `char[length]` at `offset` up to its first zero byte; none when the record is shorter.
pub fn text_at(record: &[u8], offset: usize, length: usize) -> Option<Cow<'_, str>> {
    let bytes = record.get(offset..offset.checked_add(length)?)?;
    let text = bytes.split(|&byte| byte == 0).next()?;
    Some(String::from_utf8_lossy(text))
}

/// The `__u64` at `index` of an array map.
///
/// # Errors
/// The array is shorter, or its values are.
pub fn count_at(array: &impl MapCore, index: u32) -> Result<u64> {
    let value = array.lookup(&index.to_ne_bytes(), MapFlags::ANY)?;
    value
        .and_then(|value| u64_at(&value, 0))
        .with_context(|| format!("{} has no __u64 at {index}", array.name().display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_read_at_their_offset() {
        let mut record = 7u32.to_ne_bytes().to_vec();
        record.extend(9u64.to_ne_bytes());
        record.extend(b"bash\0rest");
        assert_eq!(u32_at(&record, 0), Some(7));
        assert_eq!(u64_at(&record, 4), Some(9));
        assert_eq!(text_at(&record, 12, 9).as_deref(), Some("bash"));
        assert_eq!(text_at(&record, 12, 4).as_deref(), Some("bash"), "no zero byte is needed");
    }

    #[test]
    fn a_short_record_has_no_members() {
        assert_eq!(u32_at(&[0; 3], 0), None);
        assert_eq!(u64_at(&[0; 8], 1), None);
        assert_eq!(text_at(&[0; 8], 0, 9), None);
        assert_eq!(u32_at(&[0; 8], usize::MAX), None);
    }
}
