//! Programs and functions of an object, and how libbpf puts them together.

use std::collections::BTreeMap;

use object::{
    Endian, Endianness, Object, ObjectSection, ObjectSymbol, RelocationTarget, SectionKind,
    SymbolKind, read::elf::ElfFile64,
};

use super::{INSN_SIZE, number};

/// Where the compiler puts functions that programs call.
const FUNCTIONS: &str = ".text";

/// A program, or a function that programs call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program<'a> {
    /// The C function's name.
    pub name: &'a str,
    /// Its section: `xdp`, `tracepoint/…`; `.text` for a function.
    pub section: &'a str,
    /// Index of its first instruction in the section.
    pub first_insn: u32,
    /// How many instruction slots it takes.
    pub insns: u32,
}

/// An instruction by its section.
pub(super) struct Place<'a> {
    pub(super) section: &'a str,
    /// Where the function begins that it is in.
    pub(super) first: u32,
    pub(super) insn: u32,
}

#[derive(Clone, Debug)]
struct Function {
    name: String,
    section: usize,
    first: u32,
    insns: u32,
}

#[derive(Clone, Debug, Default)]
struct Code {
    name: String,
    /// Instructions that refer to a function of `.text`, in order, and that function.
    calls: Vec<(u32, usize)>,
}

/// All functions, those of a section in the order of their instructions.
#[derive(Clone, Debug, Default)]
pub(super) struct Functions {
    code: Vec<Code>,
    functions: Vec<Function>,
    by_name: BTreeMap<String, usize>,
}

impl Functions {
    pub(super) fn parse(elf: &ElfFile64<'_, Endianness>) -> Self {
        let sections: Vec<_> =
            elf.sections().filter(|section| section.kind() == SectionKind::Text).collect();
        let code = sections.iter().map(|section| Code {
            name: section.name().unwrap_or_default().to_owned(),
            calls: Vec::new(),
        });
        let mut all = Self { code: code.collect(), ..Self::default() };
        let place = |index| sections.iter().position(|section| Some(section.index()) == index);
        for symbol in elf.symbols().filter(|symbol| symbol.kind() == SymbolKind::Text) {
            let Some(section) = place(symbol.section_index()) else { continue };
            let (first, insns) = (symbol.address() / INSN_SIZE, symbol.size() / INSN_SIZE);
            let fits = symbol.address().checked_add(symbol.size());
            if fits.is_none_or(|end| end > sections[section].size()) {
                continue;
            }
            let (Ok(first), Ok(insns)) = (first.try_into(), insns.try_into()) else { continue };
            let name = symbol.name().unwrap_or_default().to_owned();
            all.functions.push(Function { name, section, first, insns });
        }
        all.functions.sort_by_key(|function| (function.section, function.first));
        for (at, function) in all.functions.iter().enumerate().rev() {
            // A program's name goes before that of a function.
            let is_function = all.code[function.section].name == FUNCTIONS;
            if !is_function || !all.by_name.contains_key(&function.name) {
                all.by_name.insert(function.name.clone(), at);
            }
        }
        for (at, section) in sections.iter().enumerate() {
            all.code[at].calls = all.calls(elf, section);
        }
        all
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Program<'_>> {
        self.functions.iter().map(|function| self.public(function))
    }

    pub(super) fn get(&self, name: &str) -> Option<Program<'_>> {
        Some(self.public(&self.functions[*self.by_name.get(name)?]))
    }

    fn public<'a>(&'a self, function: &'a Function) -> Program<'a> {
        Program {
            name: &function.name,
            section: &self.code[function.section].name,
            first_insn: function.first,
            insns: function.insns,
        }
    }

    /// Where instruction `insn` of a loaded program comes from.
    ///
    /// libbpf (`bpf_object__reloc_code`) goes through a program's instructions and at the first
    /// reference to a function appends that function, then does the same with the function's
    /// instructions before it goes on.
    pub(super) fn place(&self, program: &str, insn: u32) -> Option<Place<'_>> {
        let entry = *self.by_name.get(program)?;
        let mut placed = vec![false; self.functions.len()];
        let mut end = 0_u32;
        let mut pending: Vec<&[(u32, usize)]> = Vec::new();
        let mut next = Some(entry);
        while let Some(at) = next.take() {
            placed[at] = true;
            let function = &self.functions[at];
            let (start, code) = (end, &self.code[function.section]);
            end = end.checked_add(function.insns)?;
            if insn < end {
                let insn = function.first + (insn - start);
                return Some(Place { section: &code.name, first: function.first, insn });
            }
            pending.push(code.within(function.first, function.insns));
            while let Some(calls) = pending.last_mut() {
                let Some(((_, callee), rest)) = calls.split_first() else {
                    pending.pop();
                    continue;
                };
                *calls = rest;
                if !placed[*callee] {
                    next = Some(*callee);
                    break;
                }
            }
        }
        None
    }

    /// References of a section's instructions to functions of `.text`.
    fn calls<'d>(
        &self,
        elf: &ElfFile64<'d, Endianness>,
        section: &impl ObjectSection<'d>,
    ) -> Vec<(u32, usize)> {
        let relocated: BTreeMap<u64, Option<u64>> = section
            .relocations()
            .map(|(offset, relocation)| (offset, function_offset(elf, relocation.target())))
            .collect();
        let in_text = section.name() == Ok(FUNCTIONS);
        let data = section.data().unwrap_or_default();
        let mut calls = Vec::new();
        for (at, bytes) in (0_u32..).zip(data.chunks_exact(INSN_SIZE as usize)) {
            let imm = number(elf.endian(), [bytes[4], bytes[5], bytes[6], bytes[7]]);
            let imm = i64::from(imm as i32);
            let registers = bytes[1];
            let source = if elf.endian().is_big_endian() { registers & 15 } else { registers >> 4 };
            let is_call = bytes[0] == 0x85 && source == 1;
            let is_load = bytes[0] == 0x18;
            let target = match relocated.get(&(u64::from(at) * INSN_SIZE)) {
                Some(Some(symbol)) if is_call => (symbol / INSN_SIZE) as i64 + imm + 1,
                Some(Some(symbol)) if is_load => {
                    symbol.saturating_add_signed(imm) as i64 / INSN_SIZE as i64
                }
                None if is_call && in_text => i64::from(at) + imm + 1,
                _ => continue,
            };
            let callee = u32::try_from(target).ok().and_then(|target| self.function_at(target));
            calls.extend(callee.map(|callee| (at, callee)));
        }
        calls
    }

    /// The function of `.text` that an instruction belongs to.
    fn function_at(&self, insn: u32) -> Option<usize> {
        let text = self.code.iter().position(|code| code.name == FUNCTIONS)?;
        let key = |function: &Function| (function.section, function.first);
        let after = self.functions.partition_point(|function| key(function) <= (text, insn));
        let at = after.checked_sub(1)?;
        let function = &self.functions[at];
        (function.section == text && insn - function.first < function.insns).then_some(at)
    }
}

impl Code {
    fn within(&self, first: u32, insns: u32) -> &[(u32, usize)] {
        let from = self.calls.partition_point(|(at, _)| *at < first);
        let to = self.calls.partition_point(|(at, _)| *at < first.saturating_add(insns));
        &self.calls[from..to.max(from)]
    }
}

/// The offset in `.text` of what a relocation refers to; `None` for anything else, such as a map.
fn function_offset(elf: &ElfFile64<'_, Endianness>, target: RelocationTarget) -> Option<u64> {
    let RelocationTarget::Symbol(index) = target else { return None };
    let symbol = elf.symbol_by_index(index).ok()?;
    let section = elf.section_by_index(symbol.section_index()?).ok()?;
    (section.name() == Ok(FUNCTIONS)).then(|| symbol.address())
}
