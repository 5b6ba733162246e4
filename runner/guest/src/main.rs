//! `labrunner-guest`: init and agent of the micro-VM.
//!
//! It runs as process 1 of a machine that lives for one lab. Anything fatal ends it with a sentence on
//! the console, which makes the kernel panic and QEMU end: the host sees that and reports it.

mod agent;
mod boot;
mod process;
mod terminal;

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    if std::process::id() != 1 {
        return Err("labrunner-guest is the init of a micro-VM; it does nothing elsewhere".into());
    }
    let warnings = boot::prepare()?;
    let port = boot::open_port()?;
    agent::serve(port, warnings)?;
    // The host is gone or asked for it: nobody needs this machine any more.
    rustix::system::reboot(rustix::system::RebootCommand::Restart)?;
    Ok(())
}
