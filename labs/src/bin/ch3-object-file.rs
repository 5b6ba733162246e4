//! object-file: what is in the file that clang makes, and what libbpf makes of it.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::elf::{Elf, Symbol};
use labs::record::{text_at, u32_at};
use labs::{Lab, Usage, insn};
use libbpf_rs::{MapCore, MapFlags, Object, ProgramInput};
use verifier_log::source::LineTable;

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Prints the sections of a BPF object file, the instructions of a program, and what the\n\
            programs do with one packet.",
    flags: &[],
};

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), object_file)
}

// ANCHOR: lab
fn object_file(lab: &Lab) -> Result<()> {
    let opened = lab.open()?;
    let bytes = lab.object_bytes()?;
    let elf = Elf::parse(&bytes)?;
    print_sections(&elf)?;
    print_code(&elf, &bytes, "xdp")?;

    let object = lab.load(opened)?;
    lab.observe()?;
    print_made(&object)?;
    run_each(&object)?;
    print_variables(&elf, &object)
}
// ANCHOR_END: lab

/// The sections that libbpf reads, and what each is for.
fn print_sections(elf: &Elf<'_>) -> Result<()> {
    let mut out = io::stdout().lock();
    let code = elf.code();
    let names = |section: &str| {
        let names: Vec<_> = elf.symbols(section).into_iter().map(|symbol| symbol.name).collect();
        names.join(", ")
    };
    writeln!(out, "section      holds")?;
    let mut others = Vec::new();
    for section in ordered(elf) {
        let relocated = section.strip_prefix(".rel").filter(|section| code.contains(section));
        let holds = match section {
            ".text" if !code.contains(&section) => "functions that programs call: none".into(),
            ".text" => format!("functions that programs call: {}", names(section)),
            "license" => {
                let text = elf.data(section);
                format!("the license: {}", text_at(text, 0, text.len()).unwrap_or_default())
            }
            ".maps" => format!("descriptions of maps: {}", names(section)),
            ".rodata" => format!("variables that never change: {}", names(section)),
            ".data" => format!("variables that start as a number: {}", names(section)),
            ".bss" => format!("variables that start as zero: {}", names(section)),
            ".BTF" => "the types of all these".into(),
            ".BTF.ext" => "the source line of each instruction".into(),
            section if code.contains(&section) => format!("program: {}", names(section)),
            _ => match relocated {
                Some(code) => {
                    let missing: BTreeSet<_> =
                        elf.gaps(code).into_iter().map(|gap| gap.1).collect();
                    let missing: Vec<_> = missing.into_iter().collect();
                    format!("addresses that {code} lacks: {}", missing.join(", "))
                }
                None => {
                    others.push(section);
                    continue;
                }
            },
        };
        writeln!(out, "{section:<12} {holds}")?;
    }
    writeln!(out, "# other sections: {}", others.join(" "))?;
    Ok(writeln!(out)?)
}

/// The sections, whatever their order in the file: programs, what belongs to them, all others.
fn ordered<'a>(elf: &'a Elf<'_>) -> Vec<&'a str> {
    const ORDER: [&str; 7] = [".maps", ".rodata", ".data", ".bss", "license", ".BTF", ".BTF.ext"];
    let code = elf.code();
    let mut sections = elf.sections();
    sections.sort_by_key(|section| {
        let of = section.strip_prefix(".rel").unwrap_or(section);
        match ORDER.iter().position(|known| known == section) {
            Some(place) => (2, place, *section),
            None if of == ".text" => (0, section.len(), *section),
            None if code.contains(&of) => (1, 0, of),
            None => (3, 0, ""), // stay as they are
        }
    });
    sections
}

// ANCHOR: code
/// The instructions of a section, each group below the source line that it was made from.
fn print_code(elf: &Elf<'_>, bytes: &[u8], section: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    let (lines, gaps) = (LineTable::from_object(bytes)?, elf.gaps(section));
    let mut last = None;
    for (number, insn) in insn::listed(elf.data(section)) {
        let line = lines.lookup(section, number as u32).map(|line| (line.line, line.text));
        if line != last {
            writeln!(out, "; {}", line.map_or("", |(_, text)| text))?;
            last = line;
        }
        let gap = gaps.iter().find(|(offset, _)| *offset == number * insn::SIZE);
        let gap = gap.map(|(_, name)| format!("    <- address of {name}")).unwrap_or_default();
        writeln!(out, "{number:4}: {insn}{gap}")?;
    }
    Ok(writeln!(out)?)
}
// ANCHOR_END: code

/// What is in the kernel now.
fn print_made(object: &Object) -> Result<()> {
    let mut out = io::stdout().lock();
    let mut maps: Vec<_> = object.maps().collect();
    maps.sort_by_key(|map| map.name().to_owned());
    for map in maps {
        let (name, kind) = (map.name().display().to_string(), map.map_type());
        let (key, value) = (map.key_size(), map.value_size());
        writeln!(out, "made map {name}: {kind:?}, key {key} bytes, value {value} bytes")?;
    }
    let mut programs: Vec<_> = object.progs().collect();
    programs.sort_by_key(|program| program.name().to_owned());
    for program in programs {
        writeln!(out, "made program {}: {:?}", program.name().display(), program.prog_type())?;
    }
    Ok(())
}

/// Hands each program a packet of zeros, by the kernel's own test run.
fn run_each(object: &Object) -> Result<()> {
    let mut programs: Vec<_> = object.progs_mut().collect();
    programs.sort_by_key(|program| program.name().to_owned());
    for program in programs {
        let packet = [0; 64];
        let input = ProgramInput { data_in: Some(&packet), ..ProgramInput::default() };
        let name = program.name().display();
        let output = program.test_run(input).with_context(|| format!("cannot run {name}"))?;
        writeln!(io::stdout(), "ran {name} once: it returned {}", output.return_value)?;
    }
    Ok(())
}

/// The values of the global variables, out of the maps that were made of their sections.
fn print_variables(elf: &Elf<'_>, object: &Object) -> Result<()> {
    for section in [".rodata", ".data", ".bss"] {
        let Some(map) = object.maps().find(|map| map.name().to_string_lossy().ends_with(section))
        else {
            continue;
        };
        let values = map.lookup(&0u32.to_ne_bytes(), MapFlags::ANY)?.unwrap_or_default();
        for Symbol { name, offset, .. } in elf.symbols(section) {
            let value = u32_at(&values, offset).context("a variable lies outside its section")?;
            writeln!(io::stdout(), "{name} is {value}")?;
        }
    }
    Ok(())
}
