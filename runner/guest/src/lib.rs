//! What runs inside the micro-VM, and the protocol between it and the host.
//!
//! The library half is what others share with it: the protocol, for the host side (`microvm`), and how to
//! bring the loopback interface of a new network up, for the labs' stimulus. The binary half,
//! `labrunner-guest`, is the machine's init: it prepares the file systems, loads the modules that it
//! finds in the initramfs, and then serves [`protocol::Request`]s until the host goes away.

pub mod loopback;
pub mod protocol;
