//! An event that is cheap to make and easy to count: a process is given a new name.
//!
//! Programs in `raw_tp/task_rename` see it. Those of the labs count only the renames of one process,
//! which user space puts into their constant `subject` before the load.

use anyhow::{Context, Result};
use libbpf_rs::OpenObject;

/// Puts a process into the first of the object's constants, `subject`.
///
/// # Errors
/// The object has no constants.
pub fn set_subject(object: &mut OpenObject, process: u32) -> Result<()> {
    let rodata = object.maps_mut().find(|map| map.name().to_string_lossy().ends_with(".rodata"));
    let mut rodata = rodata.context("the object has no constants")?;
    let values = rodata.initial_value_mut().context("the constants have no values")?;
    let subject = values.get_mut(..4).context("the object has no constant `subject`")?;
    subject.copy_from_slice(&process.to_ne_bytes());
    Ok(())
}

/// Gives this process a new name, which is its old one.
///
/// # Errors
/// It has a name that it cannot have.
pub fn rename(times: u32) -> Result<()> {
    let own = rustix::thread::name()?;
    for _ in 0..times {
        rustix::thread::set_name(&own)?;
    }
    Ok(())
}
