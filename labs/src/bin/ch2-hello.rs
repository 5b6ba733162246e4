//! hello: a trace line whenever a program starts.

use std::process::ExitCode;

use anyhow::Result;
use labs::{Lab, TracePipe, Usage, Wake};

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Prints a trace line whenever a program starts.",
    flags: &[],
};

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), hello)
}

fn hello(lab: &Lab) -> Result<()> {
    let object = lab.load(lab.open()?)?;
    let mut trace = TracePipe::open()?;
    let links = lab.attach(&object)?;

    let mut wakeups = lab.observe()?;
    while wakeups.wait(Some(TracePipe::TICK))? != Wake::End {
        trace.print()?;
    }
    drop(links); // from here on no line is added, so what comes now is the rest
    trace.print_rest()
}
