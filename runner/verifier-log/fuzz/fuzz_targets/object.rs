//! Any bytes as an object: refused, or a table that can be asked anything.
#![no_main]

use libfuzzer_sys::fuzz_target;
use verifier_log::source::LineTable;

fuzz_target!(|bytes: &[u8]| {
    let Ok(table) = LineTable::from_object(bytes) else { return };
    let names: Vec<String> = table.programs().map(|program| program.name.to_owned()).collect();
    for name in names {
        for insn in [0, 1, 9, 31, 1 << 20, u32::MAX] {
            let _ = table.lookup_program(&name, insn);
        }
    }
    let _ = table.lookup(".text", u32::MAX);
});
