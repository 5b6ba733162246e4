//! What the object's debug information says of functions, lines and relocations.

use crate::{
    category::Category::ProgramStructure,
    explain::table::{Row, plain},
};

pub(super) const ROWS: &[Row] = &[
    plain(
        "number of funcs in func_info doesn't match number of subprogs",
        ProgramStructure,
        "this kernel counts other functions in the program than its debug information lists",
        "the program passes a function to a helper (`bpf_loop`, `bpf_for_each_map_elem`), which this kernel does not know yet: use a plain loop, or a newer kernel",
    ),
    plain(
        "func_info BTF section doesn't match subprog layout in BPF program",
        ProgramStructure,
        "the debug information lists functions elsewhere than the program has them",
        "compile the object again with one compiler, and do not change its instructions afterwards",
    ),
    plain(
        "missing btf func_info",
        ProgramStructure,
        "the program has functions, but no debug information on them",
        "compile with `-g`",
    ),
    plain(
        "missing bpf_line_info for {rest}",
        ProgramStructure,
        "the debug information lacks lines for {rest}",
        "compile the whole object with `-g`",
    ),
    plain(
        "{problem} in func info",
        ProgramStructure,
        "the object's debug information on functions is damaged: {problem}",
        "compile the object again",
    ),
    plain(
        "invalid {what} in func_info{rest}",
        ProgramStructure,
        "the object's debug information on functions is damaged: {what}",
        "compile the object again",
    ),
    plain(
        "invalid func info rec size {#size}",
        ProgramStructure,
        "the object's debug information on functions has records of {size} bytes",
        "use a loader that fits this kernel",
    ),
    plain(
        "{problem}func info record{rest}",
        ProgramStructure,
        "the object's debug information on functions is not in order",
        "compile the object again",
    ),
    plain(
        "same or smaller insn offset {rest}",
        ProgramStructure,
        "the object's debug information on functions is not in order",
        "compile the object again",
    ),
    plain(
        "nonzero {rest}",
        ProgramStructure,
        "the object's debug information is damaged: nonzero {rest}",
        "use a loader that fits this kernel",
    ),
    plain(
        "Invalid line_info[{#n}]{rest}",
        ProgramStructure,
        "the object's line information is damaged at record {n}",
        "compile the object again",
    ),
    plain(
        "Invalid insn code at line_info[{#n}].insn_off",
        ProgramStructure,
        "the object's line information names no instruction at record {n}",
        "compile the object again",
    ),
    plain(
        "Invalid core_relo[{#n}]{rest}",
        ProgramStructure,
        "the object's CO-RE information is damaged at record {n}",
        "compile the object again",
    ),
];
