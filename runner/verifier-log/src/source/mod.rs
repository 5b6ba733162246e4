//! Source lines of instructions, from an object's BTF.
//!
//! Kernels before 6.10 quote source lines in the log without file and line, and at log level 1 a
//! log can leave the line of a failing instruction out. The object itself has them: `.BTF.ext`
//! holds, for each section, instruction offsets with file, line, column and text; `.BTF` holds the
//! strings. Format: the kernel's `Documentation/bpf/btf.rst`, "`.BTF.ext` section", and
//! `include/uapi/linux/btf.h`.

mod btf;
mod program;

use std::collections::BTreeMap;

use object::{
    Endianness, Object, ObjectSection,
    elf::FileHeader64,
    read::elf::{ElfFile64, FileHeader},
};

use btf::{Entry, Strings};
use program::Functions;
pub use program::Program;

/// Size of an instruction slot in bytes; offsets in objects are bytes, indices in logs are slots.
const INSN_SIZE: u64 = 8;

fn number(endian: Endianness, bytes: [u8; 4]) -> u32 {
    match endian {
        Endianness::Little => u32::from_le_bytes(bytes),
        Endianness::Big => u32::from_be_bytes(bytes),
    }
}

/// Source lines of all instructions of a BPF object.
#[derive(Clone, Debug)]
pub struct LineTable {
    strings: Strings,
    sections: BTreeMap<String, Vec<Entry>>,
    functions: Functions,
}

/// Why an object has no line table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectError {
    /// The bytes are no 64-bit ELF file, or a damaged one.
    #[error("this is not a readable 64-bit ELF object: {0}")]
    NotAnObject(String),
    /// An ELF file, but for another processor.
    #[error("this ELF file is not a BPF object (machine {0}); compile it with `-target bpf`")]
    NotBpf(u16),
    /// The object has no debug information.
    #[error("the object has no {0} section; compile it with `-g`")]
    NoDebugInfo(&'static str),
    /// A section contradicts itself.
    #[error("the object's {section} section is damaged: {problem}")]
    Damaged {
        /// The section.
        section: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// A place in a source file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location<'a> {
    /// The file, as the compiler was told it.
    pub file: &'a str,
    /// Line number, from 1.
    pub line: u32,
    /// Column, from 1, indentation counted.
    pub column: u32,
    /// How many characters of indentation the line has.
    pub indent: u32,
    /// The line without indentation.
    pub text: &'a str,
}

impl<'a> Location<'a> {
    /// The file's last path component, which is what the kernel prints.
    pub fn file_name(&self) -> &'a str {
        self.file.rsplit('/').next().unwrap_or(self.file)
    }
}

impl LineTable {
    /// Reads the line information of a BPF object file.
    ///
    /// # Errors
    /// If the bytes are no BPF object, have no debug information, or are damaged.
    pub fn from_object(bytes: &[u8]) -> Result<Self, ObjectError> {
        let unreadable = |error: object::Error| ObjectError::NotAnObject(error.to_string());
        let elf = ElfFile64::<Endianness>::parse(bytes).map_err(unreadable)?;
        let header: &FileHeader64<Endianness> = elf.elf_header();
        let machine = header.e_machine(elf.endian());
        if machine != object::elf::EM_BPF {
            return Err(ObjectError::NotBpf(machine.0));
        }
        let section = |name| {
            let section = elf.section_by_name(name).ok_or(ObjectError::NoDebugInfo(name))?;
            section.data().map_err(unreadable)
        };
        let strings = Strings::parse(section(".BTF")?, elf.endian())?;
        let sections = btf::line_info(section(".BTF.ext")?, elf.endian(), &strings)?;
        let functions = Functions::parse(&elf);
        Ok(Self { strings, sections, functions })
    }

    /// The source line of the instruction at index `insn` of an ELF section (`xdp`, `.text`): that
    /// of the last entry at or before it that has a line. Code that the compiler added has none and
    /// counts to the code before it.
    pub fn lookup(&self, section: &str, insn: u32) -> Option<Location<'_>> {
        self.lookup_from(section, 0, insn)
    }

    /// The source line of instruction `insn` of a program, as verifier logs count: functions that
    /// the program calls follow it, in the order in which libbpf appends them.
    pub fn lookup_program(&self, program: &str, insn: u32) -> Option<Location<'_>> {
        let place = self.functions.place(program, insn)?;
        self.lookup_from(place.section, place.first, place.insn)
    }

    /// The programs and functions of the object, in the order of their sections.
    pub fn programs(&self) -> impl Iterator<Item = Program<'_>> {
        self.functions.iter()
    }

    /// A program or function by its C name.
    pub fn program(&self, name: &str) -> Option<Program<'_>> {
        self.functions.get(name)
    }

    fn lookup_from(&self, section: &str, first: u32, insn: u32) -> Option<Location<'_>> {
        let entries = self.sections.get(section)?;
        let after = entries.partition_point(|entry| entry.insn <= insn);
        let mut known = entries[..after].iter().rev().take_while(|entry| entry.insn >= first);
        let entry = known.find(|entry| entry.line > 0)?;
        let line = self.strings.get(entry.text);
        let indent = line.chars().take_while(|c| c.is_whitespace()).count();
        Some(Location {
            file: self.strings.get(entry.file),
            line: entry.line,
            column: entry.column,
            indent: indent.try_into().unwrap_or(u32::MAX),
            text: line.trim(),
        })
    }
}
