//! Types that the program names: local types, casts, kernel variables.

use crate::{
    category::Category::{CallTypeSafety, ProgramStructure},
    explain::table::{Row, plain},
};

pub(super) const ROWS: &[Row] = &[
    plain(
        "local type ID argument must be in range [0, U32_MAX]",
        CallTypeSafety,
        "the type that is to be allocated is not known",
        "name it with `bpf_obj_new(typeof(…))`",
    ),
    plain(
        "bpf_obj_new/bpf_percpu_obj_new {rest}",
        CallTypeSafety,
        "what is to be allocated: it {rest}",
        "allocate a structure, and compile with `-g`",
    ),
    plain(
        "bpf_percpu_obj_new {rest}",
        CallTypeSafety,
        "what is to be allocated: {rest}",
        "allocate a structure of plain numbers",
    ),
    plain(
        "kfunc bpf_rdonly_cast type ID argument must be of a struct",
        CallTypeSafety,
        "bpf_rdonly_cast casts to structures only",
        "cast to a structure",
    ),
    plain(
        "kernel function {name} returns pointer type {rest}",
        CallTypeSafety,
        "{name} returns a pointer that programs cannot use: {rest}",
        "use another kfunc",
    ),
    plain(
        "kernel function {name} unhandled dynamic return type",
        CallTypeSafety,
        "the result of {name} has no type that programs can use",
        "use another kfunc",
    ),
    plain(
        "Helper has invalid {what} in R{#r}",
        CallTypeSafety,
        "the kernel object in r{r} is not of the type that the helper takes",
        "pass an object of that type",
    ),
    plain(
        "unable to resolve the size of type '{name}': {#errno}",
        ProgramStructure,
        "the size of `{name}` is not known",
        "declare the type completely",
    ),
    plain(
        "ldimm64 {rest}",
        ProgramStructure,
        "a kernel variable cannot be used: {rest}",
        "declare it with `__ksym`, and `__weak` where a kernel may not have it",
    ),
    plain(
        "pseudo btf_id {#id} in ldimm64 isn't KIND_VAR or KIND_FUNC",
        ProgramStructure,
        "what is declared as a kernel variable is none",
        "declare a variable or a function with `__ksym`",
    ),
    plain(
        "invalid btf id for main subprog in func_info",
        ProgramStructure,
        "the object's debug information does not know the program's type",
        "compile the object again",
    ),
    plain(
        "Cannot find btf of tracepoint template, {rest}",
        ProgramStructure,
        "this kernel has no type information on the tracepoint",
        "use another tracepoint",
    ),
];
