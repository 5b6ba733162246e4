//! What a program is to be attached to.

use crate::{
    category::Category::Policy,
    explain::table::{Row, plain},
};

pub(super) const ROWS: &[Row] = &[
    plain(
        "{name}() is not modifiable",
        Policy,
        "the result of `{name}` cannot be changed by a program",
        "fmod_ret works on functions that are made for error injection and on security hooks: use fentry or fexit to watch only",
    ),
    plain(
        "{name} is not sleepable",
        Policy,
        "`{name}` cannot wait, so no sleepable program may be attached to it",
        "use the section without `.s`: `fentry/{name}`",
    ),
    plain(
        "attach_btf_id {#id} is not a {what}",
        Policy,
        "what the program is to be attached to is not a {what}",
        "attach to a {what}",
    ),
    plain(
        "attach_btf_id {#id} {rest}",
        Policy,
        "what the program is to be attached to: BTF type {id} {rest}",
        "compile against this kernel's BTF",
    ),
    plain(
        "Tracing programs must provide btf_id",
        Policy,
        "the program does not say what it is to be attached to",
        "name it in the section: `SEC(\"fentry/FUNCTION\")`",
    ),
    plain(
        "The address of function {name} cannot be found",
        Policy,
        "`{name}` has no address in this kernel: it is inlined, or not built in",
        "attach to its caller",
    ),
    plain(
        "Attach to function {name} with a >8 byte return value is not supported for this attach type",
        Policy,
        "`{name}` returns more than 8 bytes",
        "use fentry, or a kprobe",
    ),
    plain(
        "Attaching fexit/fmod_ret to {what} is rejected.",
        Policy,
        "the function never returns, so there is nothing to do at its end",
        "use fentry",
    ),
    plain(
        "Syscall programs can only be sleepable",
        Policy,
        "a syscall program has to be sleepable",
        "load it with BPF_F_SLEEPABLE",
    ),
    plain(
        "Only fentry/fexit/fmod_ret{rest}",
        Policy,
        "programs of this type cannot be sleepable",
        "use the section without `.s`",
    ),
    plain(
        "Only FENTRY/FEXIT progs are attachable to another BPF prog",
        Policy,
        "only fentry and fexit programs can be attached to another program",
        "use one of these",
    ),
    plain(
        "FENTRY/FEXIT program can only be attached to another program annotated with BTF",
        Policy,
        "the other program has no type information",
        "compile that one with `-g`",
    ),
    plain(
        "Cannot replace {what}",
        Policy,
        "this cannot be attached: cannot replace {what}",
        "attach to something else",
    ),
    plain(
        "Cannot extend fentry/fexit",
        Policy,
        "this cannot be attached: cannot extend fentry/fexit",
        "attach to something else",
    ),
    plain(
        "Cannot recursively attach",
        Policy,
        "this cannot be attached: cannot recursively attach",
        "attach to something else",
    ),
    plain(
        "Cannot nest {what}",
        Policy,
        "this cannot be attached: cannot nest {what}",
        "attach to something else",
    ),
    plain(
        "Can attach to only JITed progs",
        Policy,
        "the other program is not compiled by the JIT",
        "enable it: `sysctl net.core.bpf_jit_enable=1`",
    ),
    plain(
        "Extension programs should be JITed",
        Policy,
        "an extension needs the JIT compiler",
        "enable it: `sysctl net.core.bpf_jit_enable=1`",
    ),
    plain(
        "Extension program changes packet data, while original does not",
        Policy,
        "the extension changes packets, and what it replaces does not",
        "do not change packets in it",
    ),
    plain(
        "can't modify return codes of BPF programs",
        Policy,
        "fmod_ret does not work on programs",
        "use fentry or fexit",
    ),
    plain(
        "Subprog {name} doesn't exist",
        Policy,
        "the other program has no function `{name}`",
        "name one that it has",
    ),
    plain(
        "{what} programs cannot attach to exception callback",
        Policy,
        "a program is to be attached to an exception callback",
        "attach to another function",
    ),
    plain(
        "Target program bound device mismatch",
        Policy,
        "the two programs belong to different devices",
        "load both for the same device",
    ),
    plain(
        "attach to invalid member {rest}",
        Policy,
        "struct_ops has no such member: {rest}",
        "compile against this kernel's BTF",
    ),
    plain(
        "attach to unsupported member {name} of struct {struct}",
        Policy,
        "`{struct}` does not let programs provide `{name}`",
        "leave this member out",
    ),
    plain(
        "struct ops programs must have a GPL compatible license",
        Policy,
        "struct_ops programs need a GPL-compatible licence",
        "declare one: `char LICENSE[] SEC(\"license\") = \"GPL\";`",
    ),
    plain(
        "struct_ops module {name} is not found",
        Policy,
        "the module {name} is not loaded",
        "load it: `modprobe {name}`",
    ),
    plain(
        "in-kernel BTF is malformed",
        Policy,
        "this kernel's type information is damaged",
        "use another kernel",
    ),
];
