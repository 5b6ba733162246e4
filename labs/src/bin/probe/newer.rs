//! What came after Linux 5.10. Each has an object of its own: libbpf refuses a whole object in which it
//! does not find a function of the kernel.

use anyhow::{Context, Result, bail, ensure};
use labs::test_run;
use libbpf_rs::{MapCore, Object, ObjectBuilder, UserRingBuffer};

macro_rules! object {
    ($name:literal) => {{
        static OBJECT: &labs::Aligned<[u8]> =
            &labs::Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".bpf.o")));
        &OBJECT.0
    }};
}

pub(crate) fn timer() -> Result<()> {
    let object = load(object!("probe-timer"), "timers")?;
    ensure_zero(&object, Some(&[0; 60]), "timers cannot be started")
}

pub(crate) fn dynptr() -> Result<()> {
    let object = load(object!("probe-dynptr"), "dynptrs")?;
    ensure_zero(&object, Some(&[0; 60]), "dynptrs cannot be made")
}

pub(crate) fn kfunc() -> Result<()> {
    let object =
        load(object!("probe-kfunc"), "the kernel functions bpf_task_from_pid and _release")?;
    // It knows processes by their numbers in the first PID namespace only.
    let mut own = std::process::id().to_ne_bytes();
    let result = test_run::run_on(&object, "try_kfunc", &mut own).context("it cannot be run")?;
    ensure!(result == 0, "bpf_task_from_pid does not find us by our number (in a container?)");
    Ok(())
}

pub(crate) fn user_ringbuf() -> Result<()> {
    let object = load(object!("probe-user-ringbuf"), "user ring buffers")?;
    let map = object.maps().find(|map| map.name() == "ring").context("no map ring")?;
    UserRingBuffer::new(&map).context("user ring buffers cannot be mapped")?;
    ensure_zero(&object, Some(&[0; 60]), "user ring buffers cannot be drained")
}

pub(crate) fn arena() -> Result<()> {
    let object = load(object!("probe-arena"), "arenas")?;
    ensure_zero(&object, None, "arenas give no page")
}

fn load(object: &'static [u8], what: &str) -> Result<Object> {
    let open = ObjectBuilder::default().open_memory(object)?;
    open.load().with_context(|| format!("{what} are refused"))
}

/// Runs the one program of the object; it returns 0 when all went well.
fn ensure_zero(object: &Object, packet: Option<&[u8]>, otherwise: &str) -> Result<()> {
    let Some(program) = object.progs().next() else { bail!("the object has no program") };
    let name = program.name().to_string_lossy();
    let result = test_run::run(object, &name, packet).context("it cannot be run")?;
    ensure!(result == 0, "{otherwise} ({result})");
    Ok(())
}
