//! What runs inside the micro-VM, and the protocol between it and the host.
//!
//! The library half is the protocol alone, which the host side (`microvm`) shares. The binary half,
//! `labrunner-guest`, is the machine's init: it prepares the file systems, loads the modules that it
//! finds in the initramfs, and then serves [`protocol::Request`]s until the host goes away.

pub mod protocol;
