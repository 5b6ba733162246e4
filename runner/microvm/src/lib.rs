#![doc = include_str!("../README.md")]

mod accelerator;
mod blueprint;
mod console;
pub mod cpio;
mod error;
pub mod initramfs;
pub mod kernel;
mod machine;
mod make;
pub mod memory;
pub mod modules;
mod output;
mod qemu;
mod qmp;
mod saved;
mod trouble;

pub use accelerator::{Accelerator, Kvm};
pub use blueprint::{Blueprint, MODULES, Made, Progress, Template};
pub use error::MachineError;
pub use labrunner_guest::protocol::{Event, ExitStatus, ProcessId, Size, Stream};
pub use machine::{Booted, Input, Machine};
pub use output::Output;
pub use qemu::{find_program, program};
pub use saved::SavedFile;
pub use trouble::{Trouble, TroubleKind};
