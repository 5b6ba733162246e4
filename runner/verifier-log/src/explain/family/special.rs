//! Fields with a meaning of their own: locks, timers, kptrs, lists and trees.

use crate::{
    category::Category::{CallTypeSafety, MemorySafety, RegisterTypeSafety},
    explain::table::{Row, plain},
};

pub(super) const ROWS: &[Row] = &[
    plain(
        "R{#r} doesn't have constant offset. {what} has to be at the constant offset",
        RegisterTypeSafety,
        "{what} is taken from a place that varies",
        "use a constant index",
    ),
    plain(
        "map '{name}' has to have BTF in order to use {what}",
        CallTypeSafety,
        "the map `{name}` has no type information, which {what} needs",
        "declare the map's key and value with `__type`, and compile with `-g`",
    ),
    plain(
        "{where} '{name}' has no valid {what}",
        CallTypeSafety,
        "`{name}` has no field of type {what}",
        "add a `struct {what}` to the map's value",
    ),
    plain(
        "off {#off} doesn't point to 'struct {what}' that is at {#at}",
        CallTypeSafety,
        "the pointer is at offset {off} of the value, the {what} at {at}",
        "pass the address of the {what} field",
    ),
    plain(
        "off={#off} doesn't point to kptr",
        CallTypeSafety,
        "there is no kptr at offset {off} of the value",
        "pass the address of the `__kptr` field",
    ),
    plain(
        "off={#off} kptr isn't referenced kptr",
        CallTypeSafety,
        "the kptr at offset {off} does not own what it points to",
        "declare it with `__kptr`",
    ),
    plain(
        "R{#r} has no valid kptr",
        CallTypeSafety,
        "the map's value has no kptr",
        "declare a field with `__kptr`",
    ),
    plain(
        "kptr {what}",
        MemorySafety,
        "a kptr is used like memory: kptr {what}",
        "read it whole, and change it with bpf_kptr_xchg",
    ),
    plain(
        "invalid kptr access, R{#r} type={found}",
        CallTypeSafety,
        "r{r} is no pointer that this kptr can hold",
        "store a pointer of the field's own type",
    ),
    plain(
        "store to referenced kptr disallowed",
        MemorySafety,
        "a kptr that owns what it points to is overwritten",
        "use bpf_kptr_xchg, and release the old pointer",
    ),
    plain(
        "BPF_ST imm must be 0 when storing to kptr at off={#off}",
        MemorySafety,
        "a number is stored to the kptr at offset {off}",
        "only NULL can be stored",
    ),
    plain(
        "{what} pointer in R1 map_uid={#a} doesn't match map pointer in R2 map_uid={#b}",
        CallTypeSafety,
        "the {what} belongs to another map than the one that is passed",
        "pass the map that the value was looked up in",
    ),
    plain(
        "{what} not found at offset={#off}",
        CallTypeSafety,
        "there is no {what} at offset {off}",
        "pass the address of the field",
    ),
    plain(
        "operation on {what} expects arg#1 {rest}",
        CallTypeSafety,
        "the node does not belong to this {what}: expected {rest}",
        "pass a node of the type that `__contains` names",
    ),
    plain(
        "arg#1 offset={#off}, but expected {rest}",
        CallTypeSafety,
        "the node is at offset {off}, but expected {rest}",
        "pass a node of the type that `__contains` names",
    ),
    plain(
        "rbtree_remove node input must be non-owning ref",
        CallTypeSafety,
        "the node is not in the tree",
        "pass one that bpf_rbtree_first or the like returned",
    ),
    plain(
        "allocated object must be referenced",
        CallTypeSafety,
        "the object is not owned by the program any more",
        "pass it before it is given away",
    ),
    plain(
        "sign extending loads from arena are not supported yet",
        MemorySafety,
        "a signed value is read from the arena",
        "use an unsigned type",
    ),
];
