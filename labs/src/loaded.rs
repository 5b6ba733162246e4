//! What the kernel tells of a program that it has loaded: its instructions after all changes (libbpf's
//! and the verifier's), its functions, and its machine code.

use std::os::fd::AsFd;

use anyhow::{Context, Result};
use libbpf_rs::btf::{Btf, types};
use libbpf_rs::query::{ProgInfoIter, ProgInfoQueryOptions, ProgramInfo};
use libbpf_rs::{Program, ProgramImpl};

use crate::insn::{self, Insn};

/// A loaded program, as `struct bpf_prog_info` tells it.
#[derive(Debug)]
pub struct Loaded {
    /// Each instruction with its number.
    pub instructions: Vec<(usize, Insn)>,
    /// The functions in the order of their instructions; the first is the program itself.
    pub functions: Vec<Function>,
    /// The kernel's digest of the instructions, in hexadecimal.
    pub tag: String,
    /// Machine code, in bytes; 0 when the kernel interprets the program.
    pub machine_code: usize,
}

/// A function of a program.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// The number of its first instruction.
    pub begin: usize,
    /// Its name in C.
    pub name: String,
}

impl Loaded {
    /// Asks the kernel.
    ///
    /// # Errors
    /// The program is not loaded, or we may not see it.
    pub fn ask<T>(program: &ProgramImpl<'_, T>) -> Result<Self> {
        let id = Program::id_from_fd(program.as_fd()).context("the program is not loaded")?;
        let options = ProgInfoQueryOptions::default()
            .include_xlated_prog_insns(true)
            .include_jited_prog_insns(true)
            .include_func_info(true);
        let mut all = ProgInfoIter::with_query_opts(options);
        let info =
            all.find(|info| info.id == id).context("the kernel does not list the program")?;
        Ok(Self {
            instructions: insn::listed(&info.xlated_prog_insns).into_iter().map(call).collect(),
            functions: functions(&info)?,
            tag: info.tag.0.iter().map(|byte| format!("{byte:02x}")).collect(),
            machine_code: info.jited_prog_insns.len(),
        })
    }

    /// The functions that are called, in the order of the calls.
    pub fn calls(&self) -> impl Iterator<Item = &Function> {
        self.instructions.iter().filter_map(|(at, insn)| {
            let begin = at.checked_add(1)?.checked_add_signed(insn.called_function()? as isize)?;
            self.functions.iter().find(|function| function.begin == begin)
        })
    }

    /// The instructions as lines that are not compared; a line with its name begins each function.
    pub fn listing(&self) -> String {
        let mut text = String::new();
        for (at, insn) in &self.instructions {
            if let Some(function) = self.functions.iter().find(|function| function.begin == *at) {
                text.push_str(&format!("# {}:\n", function.name));
            }
            text.push_str(&format!("# {at:4}: {insn}\n"));
        }
        text
    }
}

/// When the kernel has made machine code, it tells the distance of a call in `off`, and in `imm` the
/// number of the function (`jit_subprogs` in kernel/bpf/verifier.c); in an object it is in `imm`.
fn call((at, insn): (usize, Insn)) -> (usize, Insn) {
    if insn.called_function().is_some() && insn.off != 0 {
        return (at, Insn { imm: insn.off.into(), off: 0, ..insn });
    }
    (at, insn)
}

/// The names are in the BTF that came with the program.
fn functions(info: &ProgramInfo) -> Result<Vec<Function>> {
    if info.func_info.is_empty() {
        return Ok(Vec::new());
    }
    let btf = Btf::from_prog_id(info.id).context("cannot read the program's BTF")?;
    let function = |record: &libbpf_rs::libbpf_sys::bpf_func_info| {
        let function: Option<types::Func<'_>> = btf.type_by_id(record.type_id.into());
        let name = function.as_ref().and_then(|function| function.name());
        Function {
            begin: record.insn_off as usize,
            name: name.map_or("?".into(), |name| name.to_string_lossy().into_owned()),
        }
    };
    Ok(info.func_info.iter().map(function).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_of_a_call_is_where_the_kernel_put_it() {
        let insn = Insn { code: 0x85, dst: 0, src: 1, off: 2, imm: 1 };
        assert_eq!(call((0, insn)).1.to_string(), "call pc+2");
        assert_eq!(call((0, Insn { off: 0, imm: 5, ..insn })).1.to_string(), "call pc+5");
    }

    #[test]
    fn a_call_is_counted_from_the_instruction_behind_it() {
        let insn = |code, src, imm| Insn { code, dst: 0, src, off: 0, imm };
        let function = |begin, name: &str| Function { begin, name: name.into() };
        let loaded = Loaded {
            instructions: vec![
                (0, insn(0x85, 1, 2)), // to 3
                (1, insn(0x85, 0, 14)),
                (2, insn(0x95, 0, 0)),
                (3, insn(0x95, 0, 0)),
            ],
            functions: vec![function(0, "program"), function(3, "helper")],
            tag: String::new(),
            machine_code: 0,
        };
        assert_eq!(loaded.calls().collect::<Vec<_>>(), [&function(3, "helper")]);
        let listing = loaded.listing();
        assert!(listing.starts_with("# program:\n#    0: call pc+2\n"), "{listing}");
        assert!(listing.contains("# helper:\n#    3: exit\n"), "{listing}");
    }
}
