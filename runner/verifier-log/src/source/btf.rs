//! The two BTF sections, as far as source lines need them.

use std::collections::BTreeMap;

use object::Endianness;

use super::{INSN_SIZE, ObjectError, number};

const MAGIC: u16 = 0xeb9f;

/// An instruction with its source line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Index in its section.
    pub(super) insn: u32,
    /// Offset of the file's name.
    pub(super) file: u32,
    /// Offset of the line's text.
    pub(super) text: u32,
    /// Line number; 0 for code that the compiler added.
    pub(super) line: u32,
    pub(super) column: u32,
}

/// The strings of `.BTF`: one after the other, each ended by a NUL.
#[derive(Clone, Debug)]
pub(super) struct Strings(Vec<u8>);

impl Strings {
    /// Finds the strings in a `.BTF` section: header, types, strings.
    pub(super) fn parse(section: &[u8], endian: Endianness) -> Result<Self, ObjectError> {
        let reader = Reader { name: ".BTF", bytes: section, endian };
        let header_len = reader.header()?;
        let start = (header_len as usize).saturating_add(reader.u32(16)? as usize);
        let strings = reader.slice(start, reader.u32(20)? as usize)?;
        Ok(Self(strings.to_vec()))
    }

    /// The string at an offset, up to what is no UTF-8; empty if there is none.
    pub(super) fn get(&self, offset: u32) -> &str {
        let bytes = self.0.get(offset as usize..).unwrap_or_default();
        let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
        }
    }
}

/// The line information of `.BTF.ext` by section, each in the order of instructions.
///
/// Header: magic, version, flags (4 bytes together), then `u32`s: header length, offset and length
/// of function information, of line information. Line information: record size, then for each
/// section its name, a count, and that many records of instruction offset, file, text and
/// `line << 10 | column`.
pub(super) fn line_info(
    section: &[u8],
    endian: Endianness,
    strings: &Strings,
) -> Result<BTreeMap<String, Vec<Entry>>, ObjectError> {
    let reader = Reader { name: ".BTF.ext", bytes: section, endian };
    let header_len = reader.header()? as usize;
    let start = header_len.saturating_add(reader.u32(16)? as usize);
    let len = reader.u32(20)? as usize;
    let mut sections: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    if len == 0 {
        return Ok(sections);
    }
    let info = Reader { bytes: reader.slice(start, len)?, ..reader };
    let record = info.u32(0)? as usize;
    if record < 16 {
        return Err(info.damaged("its records are too short"));
    }
    let mut at = 4;
    while at < info.bytes.len() {
        let name = strings.get(info.u32(at)?);
        let count = info.u32(at + 4)? as usize;
        let size = count.checked_mul(record).ok_or_else(|| info.damaged("a count is too large"))?;
        let records = Reader { bytes: info.slice(at + 8, size)?, ..info };
        let entries = sections.entry(name.to_owned()).or_default();
        for at in (0..size).step_by(record) {
            let position = records.u32(at + 12)?;
            entries.push(Entry {
                insn: records.u32(at)? / INSN_SIZE as u32,
                file: records.u32(at + 4)?,
                text: records.u32(at + 8)?,
                line: position >> 10,
                column: position & 0x3ff,
            });
        }
        at += 8 + size;
    }
    sections.values_mut().for_each(|entries| entries.sort_by_key(|entry| entry.insn));
    Ok(sections)
}

/// Reads numbers of a section at checked offsets.
#[derive(Clone, Copy)]
struct Reader<'a> {
    name: &'static str,
    bytes: &'a [u8],
    endian: Endianness,
}

impl<'a> Reader<'a> {
    /// Checks what both sections begin with, and gives the length of the header.
    fn header(&self) -> Result<u32, ObjectError> {
        let magic = self.slice(0, 2)?;
        let magic = match self.endian {
            Endianness::Little => u16::from_le_bytes([magic[0], magic[1]]),
            Endianness::Big => u16::from_be_bytes([magic[0], magic[1]]),
        };
        if magic != MAGIC {
            return Err(self.damaged("it does not begin with BTF's magic number"));
        }
        self.u32(4)
    }

    fn u32(&self, at: usize) -> Result<u32, ObjectError> {
        let bytes = self.slice(at, 4)?;
        Ok(number(self.endian, [bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn slice(&self, start: usize, len: usize) -> Result<&'a [u8], ObjectError> {
        let end = start.checked_add(len);
        end.and_then(|end| self.bytes.get(start..end))
            .ok_or_else(|| self.damaged("it ends before its content does"))
    }

    fn damaged(&self, problem: &'static str) -> ObjectError {
        ObjectError::Damaged { section: self.name, problem }
    }
}
