//! Source lines out of objects: `tests/programs/*.c`, compiled by clang 14 with `-O2 -g -mcpu=v3`,
//! DWARF stripped.

#[path = "support/random.rs"]
mod random;
mod support;

use std::{fs, path::Path};

use random::Random;
use support::recorded;
use verifier_log::{
    Kind, Log,
    source::{LineTable, ObjectError},
};

const OBJECTS: [&str; 5] = ["callback", "leak", "static-function", "steps", "two-programs"];

fn object(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/objects/{name}.o"));
    fs::read(path).expect("a recorded object")
}

fn table(name: &str) -> LineTable {
    LineTable::from_object(&object(name)).expect("a sound object")
}

#[test]
fn programs_are_found_by_name() {
    let table = table("two-programs");
    let names: Vec<_> = table.programs().map(|program| program.name).collect();
    assert_eq!(names, ["fine", "broken"]);
    let broken = table.program("broken").expect("it is there");
    assert_eq!((broken.section, broken.first_insn), ("raw_tp/sys_enter", 2));
    assert_eq!(table.lookup_program("broken", 7), table.lookup("raw_tp/sys_enter", 9));
    assert_eq!(table.lookup_program("fine", 2), None, "past its end");
    assert_eq!(table.lookup_program("absent", 0), None);
    assert_eq!(table.lookup("absent", 0), None);
}

#[test]
fn a_line_has_its_file_place_and_text() {
    let table = table("leak");
    let line = table.lookup_program("report", 15).expect("debug information");
    assert_eq!((line.file_name(), line.line, line.column, line.text), ("leak.c", 22, 1, "}"));
}

#[test]
fn code_that_the_compiler_added_counts_to_the_line_before() {
    let table = table("two-programs");
    let line = table.lookup_program("broken", 3).expect("debug information");
    assert_eq!(line.text, "__u32 key = 3;");
}

#[test]
fn called_functions_follow_the_program_in_the_order_of_calls() {
    let table = table("steps");
    let line = |insn| table.lookup_program("steps", insn).map(|line| line.text);
    let texts: Vec<_> = (0..60).map_while(line).collect();
    let functions: Vec<_> = texts
        .iter()
        .filter(|text| ["return n * 2;", "return third(n) >> 1;", "return n * 3;"].contains(text))
        .collect();
    assert_eq!(functions.first(), Some(&&"return n * 2;"), "twice() is called first");
    assert_eq!(functions.last(), Some(&&"return n * 3;"), "half() calls third()");
}

/// The program of an object that is refused, or the only one.
fn program(object: &str) -> &'static str {
    match object {
        "callback" => "repeat",
        "leak" => "report",
        "steps" => "steps",
        "two-programs" => "broken",
        _ => "count_calls",
    }
}

/// Wherever a kernel quotes a line, the object has the same line for the next instruction.
#[test]
fn quoted_lines_are_those_of_the_object() {
    let mut compared = 0;
    for log in recorded() {
        let (name, _) = log.name.split_once('.').unwrap_or((&log.name, ""));
        if !OBJECTS.contains(&name) {
            continue;
        }
        let table = table(name);
        for pair in Log::parse(&log.text).items().windows(2) {
            let [Kind::Source(source), Kind::Instruction(instruction)] =
                [pair[0].kind, pair[1].kind]
            else {
                continue;
            };
            if source.text.is_empty() {
                continue;
            }
            let found = table.lookup_program(program(name), instruction.index);
            let found = found.expect("debug information");
            assert_eq!(found.text, source.text, "{} on {}", log.name, log.kernel);
            assert_eq!(source.line.unwrap_or(found.line), found.line);
            compared += 1;
        }
    }
    assert!(compared > 200, "only {compared}");
}

/// The deciding instruction's line, by the log and by the object.
#[test]
fn logs_and_objects_agree() {
    let mut compared = 0;
    for log in recorded() {
        let (name, _) = log.name.split_once('.').unwrap_or((&log.name, ""));
        if !OBJECTS.contains(&name) {
            continue;
        }
        let table = table(name);
        let Some(failure) = Log::parse(&log.text).failure() else { continue };
        let (Some(insn), Some(source)) = (failure.insn, failure.source) else { continue };
        let found = table.lookup_program(program(name), insn).expect("debug information");
        assert_eq!(found.text, source.text, "{} on {}", log.name, log.kernel);
        if let Some(line) = source.line {
            assert_eq!(found.line, line, "{} on {}", log.name, log.kernel);
        }
        compared += 1;
    }
    assert!(compared >= 16, "only {compared}");
}

#[test]
fn what_is_no_object_is_refused_with_a_reason() {
    let refusal = |bytes: &[u8]| LineTable::from_object(bytes).expect_err("no object").to_string();
    insta::assert_snapshot!(refusal(b""), @"this is not a readable 64-bit ELF object: Invalid ELF header size or alignment");
    insta::assert_snapshot!(refusal(b"#!/bin/sh\n"), @"this is not a readable 64-bit ELF object: Invalid ELF header size or alignment");
    let mut other = object("leak");
    other[18] = 62;
    assert_eq!(LineTable::from_object(&other).err(), Some(ObjectError::NotBpf(62)));
}

/// Objects with bytes changed and cut off: any answer but a panic.
#[test]
fn damaged_objects_do_no_harm() {
    let mut random = Random::new(7);
    let mut readable = 0;
    for name in OBJECTS {
        let sound = object(name);
        for _ in 0..400 {
            let mut bytes = sound.clone();
            for _ in 0..1 + random.below(12) {
                let at = random.below(bytes.len());
                bytes[at] = [0, 1, 0x7f, 0x80, 0xff, random.below(256) as u8][random.below(6)];
            }
            if random.below(4) == 0 {
                bytes.truncate(random.below(bytes.len()));
            }
            let Ok(table) = LineTable::from_object(&bytes) else { continue };
            readable += 1;
            let names: Vec<_> = table.programs().map(|program| program.name.to_owned()).collect();
            for name in names {
                for insn in [0, 1, 9, 31, 1 << 20, u32::MAX] {
                    let _ = table.lookup_program(&name, insn);
                }
            }
            let _ = table.lookup(".text", u32::MAX);
        }
    }
    assert!((500..1900).contains(&readable), "{readable} of 2000 could still be read");
}
