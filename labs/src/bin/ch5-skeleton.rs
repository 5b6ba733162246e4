//! skeleton: globals of a BPF program as fields of a Rust structure.

use std::io::{self, Write};
use std::mem::{MaybeUninit, size_of_val};
use std::process::ExitCode;
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};
use labs::{Flag, Lab, Usage, Wake};
use libbpf_rs::skel::{OpenSkel, Skel, SkelBuilder};

/// Made by `labs/build.rs` from the object: nobody has typed it.
#[allow(
    unsafe_code,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    clippy::undocumented_unsafe_blocks,
    reason = "generated"
)]
mod skeleton {
    fn object() -> &'static [u8] {
        super::OBJECT.get().expect("set before the skeleton is opened")
    }
    include!(concat!(env!("OUT_DIR"), "/skeleton.skel.rs"));
}
use skeleton::{OpenSkeletonSkel, SkeletonSkel, SkeletonSkelBuilder};

/// The object to open: the one built in, or the one of `--object`.
static OBJECT: OnceLock<Vec<u8>> = OnceLock::new();

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Counts the getppid calls of processes of one name, up to a limit. Press Enter to see the\n\
            numbers and to raise the limit.",
    flags: &[Flag {
        name: "name",
        value: "NAME",
        default: "bash",
        help: "the name of the processes whose calls are counted",
    }],
};

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), with_skeleton)
}

// ANCHOR: lab
fn with_skeleton(lab: &Lab) -> Result<()> {
    OBJECT.get_or_init(|| lab.object_bytes().map(|bytes| bytes.into_owned()).unwrap_or_default());
    let mut storage = MaybeUninit::uninit();
    lab.mark("open");
    let mut open = SkeletonSkelBuilder::default().open(&mut storage).context("cannot open it")?;
    check_layout(&open)?;

    // Before the load: constants are fields like others, and the compiler checks name and type.
    let constants = open.maps.rodata_data.as_deref_mut().context("no .rodata")?;
    constants.wanted_call = libc::SYS_getppid as u64;
    for (to, from) in constants.wanted_name.iter_mut().zip(lab.flag("name").bytes()) {
        *to = from as _;
    }

    lab.mark("load");
    let mut loaded = open.load().context("cannot load skeleton.bpf.o")?;
    lab.mark("attach");
    loaded.attach().context("cannot attach the program")?;

    let mut wakeups = lab.observe()?;
    while wakeups.wait(None)? != Wake::End {
        print(&loaded)?;
        // While the program runs: a store into memory that it shares with us.
        let data = loaded.maps.data_data.as_deref_mut().context("no .data")?;
        data.limit += 3;
        writeln!(io::stdout(), "the limit is {} now\n", data.limit)?;
    }
    print(&loaded)
}

fn print(loaded: &SkeletonSkel<'_>) -> Result<()> {
    let counts = loaded.maps.bss_data.as_deref().context("no .bss")?;
    let (counted, over) = (counts.counted, counts.over_limit);
    Ok(writeln!(io::stdout(), "counted={counted} over_limit={over}")?)
}
// ANCHOR_END: lab

/// The types were generated from the object as it was when this binary was built.
fn check_layout(open: &OpenSkeletonSkel<'_>) -> Result<()> {
    let maps = &open.maps;
    let same = maps.rodata.value_size() as usize
        == maps.rodata_data.as_deref().map_or(0, size_of_val)
        && maps.data.value_size() as usize == maps.data_data.as_deref().map_or(0, size_of_val)
        && maps.bss.value_size() as usize == maps.bss_data.as_deref().map_or(0, size_of_val);
    ensure!(
        same,
        "the object has other globals than the skeleton: build the lab again (touch labs/build.rs)"
    );
    Ok(())
}
