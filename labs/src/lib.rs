//! What the lab programs share.
//!
//! A lab is a small binary, `src/bin/chN-NAME.rs`, that reads from top to bottom: open the object, load
//! it, attach its programs, observe. [`run`] gives it a [`Lab`] with the parsed arguments and the
//! object; every step of the lab goes through it, so that all labs fail with the same kind of sentence.
//!
//! What a lab prints is compared with a recorded text. So a line on standard output is the same on
//! every run, or starts with `# `, which marks it as information that is not compared.

pub mod args;
pub mod bpffs;
pub mod cgroup;
pub mod classic;
pub mod cpu_clock;
pub mod elf;
pub mod far_path;
pub mod files;
pub mod http;
pub mod insn;
pub mod lab;
mod libbpf_log;
pub mod loaded;
pub mod marker;
pub mod network;
pub mod opens;
mod outcome;
pub mod own_cgroup;
pub mod own_function;
pub mod packet;
pub mod ping;
pub mod raw;
pub mod record;
pub mod renames;
pub mod strace;
pub mod sweep;
pub mod sys_bpf;
pub mod test_run;
pub mod tool;
pub mod topology;
mod trace_event;
pub mod trace_pipe;
pub mod tracefs;
pub mod types;
pub mod verify;
pub mod wake;

use std::process::ExitCode;

pub use args::{Flag, Letters, Usage};
pub use lab::{Aligned, Lab};
pub use outcome::phrase;
pub use trace_pipe::TracePipe;
pub use tracefs::Tracefs;
pub use wake::{Wake, Wakeups};

/// The object that the build made for the binary in which this is written; or, with a name such as
/// `"ch3-hello-xdp"`, for another lab, or another part of the probe.
///
/// It is aligned to 8 bytes, as libelf wants the ELF header to be.
#[macro_export]
macro_rules! object {
    () => {
        $crate::object!(env!("CARGO_BIN_NAME"))
    };
    ($lab:expr) => {{
        static OBJECT: &$crate::Aligned<[u8]> =
            &$crate::Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/", $lab, ".bpf.o")));
        &OBJECT.0
    }};
}

/// The main function of a lab: parses the arguments, runs `body`, turns its result into an exit status.
///
/// `object` is used unless `--object` names another. The status is 0 after the end that a signal or the
/// lab itself asked for, and when nobody reads the output any more; 1 after an error, which is printed
/// as one sentence on standard error; 2 after a wrong argument.
pub fn run(
    usage: &'static Usage,
    object: &'static [u8],
    body: fn(&Lab) -> anyhow::Result<()>,
) -> ExitCode {
    run_with_letters(usage, &[], object, body)
}

/// As [`run`], for a lab that is also a tool: flags that are typed often have a letter, too.
pub fn run_with_letters(
    usage: &'static Usage,
    letters: Letters,
    object: &'static [u8],
    body: fn(&Lab) -> anyhow::Result<()>,
) -> ExitCode {
    match args::parse(usage, letters, std::env::args_os()) {
        Ok(args::Parsed::Help) => outcome::of(usage.name, outcome::print(&usage.help(letters))),
        Ok(args::Parsed::Run(args)) => {
            libbpf_log::to_stderr();
            let entered = network::enter_told().and_then(|()| files::enter_told());
            outcome::of(usage.name, entered.and_then(|()| body(&Lab::new(usage, args, object))))
        }
        Err(error) => outcome::wrong_usage(usage.name, &error),
    }
}
