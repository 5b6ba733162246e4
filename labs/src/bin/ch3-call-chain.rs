//! call-chain: functions that call functions, as the kernel has them after the load.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::insn::{self, Insn};
use labs::{Flag, Lab, Usage};
use libbpf_rs::query::{ProgInfoIter, ProgInfoQueryOptions, ProgramInfo};
use libbpf_rs::{Btf, Object, Program, ProgramInput, ProgramMut};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Shows the functions of a loaded program, which of them calls which, and its tag.",
    flags: &[Flag {
        name: "listing",
        value: "yes|no",
        default: "yes",
        help: "print the instructions of the program",
    }],
};

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), call_chain)
}

fn call_chain(lab: &Lab) -> Result<()> {
    let (object, again) = (lab.open()?, lab.open()?);
    let (object, again) = (lab.load(object)?, lab.load(again)?);
    lab.observe()?;

    let chain = Loaded::find(&object, "chain")?;
    if lab.flag("listing") == "yes" {
        chain.print_listing()?;
    }
    chain.print_calls()?;
    chain.print_machine_code()?;
    for name in ["chain", "other_chain"] {
        run(&object, name)?;
    }

    let (same, other) = (Loaded::find(&again, "chain")?, Loaded::find(&object, "other_chain")?);
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "# tags: chain {}, chain again {}, other_chain {}",
        chain.tag(),
        same.tag(),
        other.tag()
    )?;
    writeln!(out, "chain, loaded once more: {} tag", compared(&chain, &same))?;
    writeln!(out, "other_chain, with another number: {} tag", compared(&chain, &other))?;
    Ok(())
}

fn compared(one: &Loaded, two: &Loaded) -> &'static str {
    if one.tag() == two.tag() { "the same" } else { "another" }
}

/// A program as the kernel has it.
struct Loaded {
    info: ProgramInfo,
    /// Its functions, itself first: where each begins in the listing, and its name.
    functions: Vec<(usize, String)>,
}

impl Loaded {
    fn find(object: &Object, name: &str) -> Result<Self> {
        let program = program(object, name)?;
        let id = Program::id_from_fd(program.as_fd())?;
        let all = ProgInfoQueryOptions::default().include_all();
        let info = ProgInfoIter::with_query_opts(all).find(|info| info.id == id);
        let info = info.with_context(|| format!("the kernel does not show {name}"))?;
        let btf = Btf::from_prog_id(info.id).context("the program has no types")?;
        let functions = info.func_info.iter().map(|function| {
            let named = btf.type_by_id::<libbpf_rs::btf::types::Func<'_>>(function.type_id.into());
            let name =
                named.and_then(|function| Some(function.name()?.to_string_lossy().into_owned()));
            (function.insn_off as usize, name.unwrap_or_else(|| "?".into()))
        });
        let functions = functions.collect();
        Ok(Self { info, functions })
    }

    fn tag(&self) -> String {
        self.info.tag.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The function that an instruction belongs to.
    fn function_at(&self, number: usize) -> &str {
        let before = self.functions.iter().rev().find(|(first, _)| *first <= number);
        before.map_or("?", |(_, name)| name)
    }

    fn code(&self) -> Vec<(usize, Insn)> {
        let mut code = insn::listed(&self.info.xlated_prog_insns);
        for (_, insn) in &mut code {
            // Of a program in machine code, the kernel shows the distance where a jump would have it, and
            // in its place the number of the function.
            if insn.called_function().is_some() && insn.off != 0 {
                insn.imm = insn.off.into();
            }
        }
        code
    }

    fn print_listing(&self) -> Result<()> {
        let mut out = io::stdout().lock();
        for (number, insn) in self.code() {
            if let Some((_, name)) = self.functions.iter().find(|(first, _)| *first == number) {
                writeln!(out, "{name}:")?;
            }
            writeln!(out, "{number:4}: {insn}")?;
        }
        Ok(writeln!(out)?)
    }

    fn print_calls(&self) -> Result<()> {
        for (number, insn) in self.code() {
            let Some(distance) = insn.called_function() else { continue };
            let target = number as i64 + 1 + i64::from(distance);
            let (from, to) = (self.function_at(number), self.function_at(target as usize));
            writeln!(io::stdout(), "{from} calls {to}")?;
        }
        Ok(())
    }

    fn print_machine_code(&self) -> Result<()> {
        let mut out = io::stdout().lock();
        let lengths = &self.info.jited_func_lens;
        if lengths.is_empty() {
            return Ok(writeln!(out, "machine code: none, the kernel interprets it")?);
        }
        writeln!(out, "machine code: {} functions", lengths.len())?;
        let places = self.info.jited_ksyms.iter().map(|place| place.addr());
        for (((_, name), length), place) in self.functions.iter().zip(lengths).zip(places) {
            writeln!(out, "# {name}: {length} bytes at {place:#x}")?;
        }
        let beginning: Vec<_> =
            self.info.jited_prog_insns.iter().take(24).map(|byte| format!("{byte:02x}")).collect();
        Ok(writeln!(out, "# it begins with {}", beginning.join(" "))?)
    }
}

fn program<'a>(object: &'a Object, name: &str) -> Result<ProgramMut<'a>> {
    let found = object.progs_mut().find(|program| program.name() == name);
    found.with_context(|| format!("the object has no program {name}"))
}

/// Hands the program a packet of 64 bytes, by the kernel's own test run.
fn run(object: &Object, name: &str) -> Result<()> {
    let packet = [0; 64];
    let input = ProgramInput { data_in: Some(&packet), ..ProgramInput::default() };
    let output = program(object, name)?.test_run(input);
    let output = output.with_context(|| format!("cannot run {name}"))?;
    Ok(writeln!(io::stdout(), "{name}, run on 64 bytes: returned {}", output.return_value)?)
}
