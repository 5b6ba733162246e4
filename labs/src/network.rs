//! A network of its own for a lab and its stimulus.
//!
//! On a kernel that others use too, their packets would be counted among ours, and our programs would
//! see theirs. In a network namespace there is nothing but a loopback interface.

use std::fs::File;
use std::io;

use anyhow::{Context, Result};
use nix::sched::{CloneFlags, setns, unshare};

/// The environment variable that names the namespace which a lab enters: `/proc/PID/ns/net`.
const VARIABLE: &str = "LAB_NETNS";

/// Leaves the network of the machine for a new one, and brings its loopback interface up. It ends with
/// the last process in it.
///
/// # Errors
/// We are not root.
pub fn leave() -> Result<()> {
    unshare(CloneFlags::CLONE_NEWNET)
        .map_err(io::Error::from) // the words that all labs use for an error number
        .context("cannot make a network of our own")?;
    labrunner_guest::loopback::up().context("cannot bring the loopback interface up")
}

/// Enters the network that the runner tells, if it tells one.
///
/// # Errors
/// It is gone, or we are not root.
pub fn enter_told() -> Result<()> {
    let Some(path) = std::env::var_os(VARIABLE) else { return Ok(()) };
    let entered =
        File::open(&path).and_then(|namespace| Ok(setns(namespace, CloneFlags::CLONE_NEWNET)?));
    entered.with_context(|| format!("cannot enter the network {}", path.display()))
}
