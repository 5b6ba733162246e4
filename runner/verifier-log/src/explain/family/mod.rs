//! The families of messages. Each is a table of rows and the functions that the rows name.

mod access;
mod arithmetic;
mod attach;
mod bounds;
mod calls;
mod context;
mod debug_info;
mod internal;
mod kernel_objects;
mod lifetime;
mod limits;
mod loader;
mod locks;
mod maps;
mod packet;
mod pairs;
mod policy;
mod prototypes;
mod registers;
mod returns;
mod special;
mod stack;
mod structure;
mod trusted;

use super::table::Row;

/// All rows, family by family: the first row that fits decides.
pub(super) const ALL: &[(&str, &[Row])] = &[
    ("the verifier itself", internal::ROWS),
    ("loader", loader::ROWS),
    ("limits", limits::ROWS),
    ("licence, helpers and kfuncs", policy::ROWS),
    ("attaching", attach::ROWS),
    ("shape of the program", structure::ROWS),
    ("debug information", debug_info::ROWS),
    ("locks and regions", locks::ROWS),
    ("references", lifetime::ROWS),
    ("pointers that may be NULL, and numbers", access::ROWS),
    ("registers without a value", registers::ROWS),
    ("packet bounds", packet::ROWS),
    ("map and memory bounds", bounds::ROWS),
    ("stack", stack::ROWS),
    ("context, maps and kernel objects", context::ROWS),
    ("pointer arithmetic", arithmetic::ROWS),
    ("return values", returns::ROWS),
    ("memory and its size", pairs::ROWS),
    ("maps as arguments", maps::ROWS),
    ("kernel objects as arguments", trusted::ROWS),
    ("arguments", calls::ROWS),
    ("special fields", special::ROWS),
    ("kernel objects", kernel_objects::ROWS),
    ("types and prototypes", prototypes::ROWS),
];
