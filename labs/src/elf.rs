//! The parts of a BPF object file (ELF) that labs look at: sections, names, relocations.

use anyhow::{Context, Result};
use object::read::elf::ElfFile64;
use object::{Endianness, Object, ObjectSection, ObjectSymbol, RelocationTarget, SectionKind};

/// A BPF object file.
#[derive(Debug)]
pub struct Elf<'a>(ElfFile64<'a, Endianness>);

/// A name that stands for a place in a section: a function, a variable, a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// The name in C.
    pub name: String,
    /// Where in its section it begins, in bytes.
    pub offset: usize,
    /// How many bytes it has.
    pub size: usize,
}

impl<'a> Elf<'a> {
    /// Reads the tables of a file.
    ///
    /// # Errors
    /// It is no 64-bit ELF file.
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        ElfFile64::parse(bytes).map(Self).context("this is no readable object file")
    }

    /// The names of all sections, in their order; relocations, strings and symbols are in sections, too.
    pub fn sections(&self) -> Vec<&str> {
        self.0.sections().filter_map(|section| section.name().ok()).collect()
    }

    /// The names of the sections that hold instructions.
    pub fn code(&self) -> Vec<&str> {
        let code = self.0.sections().filter(|s| s.kind() == SectionKind::Text && s.size() > 0);
        code.filter_map(|section| section.name().ok()).collect()
    }

    /// What is in a section; empty when there is none of the name, or nothing of it is in the file.
    pub fn data(&self, section: &str) -> &'a [u8] {
        let found = self.0.section_by_name(section);
        found.and_then(|section| section.data().ok()).unwrap_or_default()
    }

    /// What has a name in a section, in order.
    pub fn symbols(&self, section: &str) -> Vec<Symbol> {
        let Some(section) = self.0.section_by_name(section) else { return Vec::new() };
        let of_it = |symbol: &object::read::elf::ElfSymbol64<'_, '_, Endianness>| {
            symbol.section_index() == Some(section.index()) && symbol.size() > 0
        };
        let mut symbols: Vec<Symbol> = self
            .0
            .symbols()
            .filter(of_it)
            .filter_map(|symbol| {
                let (offset, size) = (symbol.address() as usize, symbol.size() as usize);
                Some(Symbol { name: symbol.name().ok()?.to_owned(), offset, size })
            })
            .collect();
        symbols.sort_by_key(|symbol| symbol.offset);
        symbols
    }

    /// Where a section has gaps: the byte at which each begins, and the name whose address goes there.
    pub fn gaps(&self, section: &str) -> Vec<(usize, String)> {
        let Some(section) = self.0.section_by_name(section) else { return Vec::new() };
        let gaps = section.relocations().filter_map(|(offset, relocation)| {
            let RelocationTarget::Symbol(index) = relocation.target() else { return None };
            let symbol = self.0.symbol_by_index(index).ok()?;
            let name = symbol.name().ok().filter(|name| !name.is_empty());
            // A static function has no name here: its section stands for it.
            let section = || self.0.section_by_index(symbol.section_index()?).ok()?.name().ok();
            Some((offset as usize, name.or_else(section)?.to_owned()))
        });
        gaps.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_object_is_refused() {
        assert!(Elf::parse(b"").is_err());
        assert!(Elf::parse(b"\x7fELF").is_err());
    }
}
