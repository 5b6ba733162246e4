//! Fresh virtual machines with a stock kernel in a fraction of a second, without root and without KVM.
//!
//! A [`Blueprint`] says what a machine is made of. Its [`Template`] is that machine, booted once and
//! saved to disk; every [`Template::restore`] starts a copy in which an agent waits for files to
//! write and processes to run ([`Machine`]). Nothing here knows what the machines are used for.

mod blueprint;
mod console;
pub mod cpio;
mod error;
pub mod initramfs;
pub mod kernel;
mod machine;
pub mod modules;
mod qemu;
mod qmp;
mod saved;

pub use blueprint::{Blueprint, MODULES, Made, Progress, Template};
pub use error::MachineError;
pub use labrunner_guest::protocol::{Event, ExitStatus, ProcessId, Size, Stream};
pub use machine::{Booted, Input, Machine};
pub use qemu::{find_program, program};
pub use saved::SavedFile;
