//! file-monitor: two programs watch the same opens, and do not see the same.

use std::ffi::CStr;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::process::ExitCode;

use anyhow::{Context, Result};
use labs::record::{text_at, u32_at};
use labs::{Lab, Usage, far_path, files};
use libbpf_rs::{MapCore, MapFlags, Object};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;

static USAGE: Usage = Usage {
    name: env!("CARGO_BIN_NAME"),
    about: "Opens files in several ways, in a /tmp of its own, and prints what two programs saw of it:\n\
            one at the entry of the system call, one where the kernel opens the file.",
    flags: &[],
};

/// What is opened: how it is called in the table, and the path.
static OPENS: [(&str, &CStr); 4] = [
    ("another file", c"/tmp/vault/other.txt"),
    ("its own path", c"/tmp/vault/secret.txt"),
    ("a symbolic link", c"/tmp/harmless.txt"),
    ("a path not in memory", far_path::PATH),
];

fn main() -> ExitCode {
    labs::run(&USAGE, labs::object!(), file_monitor)
}

// ANCHOR: lab
fn file_monitor(lab: &Lab) -> Result<()> {
    let mut object = lab.open()?;
    lab.set_constant(&mut object, "own_pid", &std::process::id().to_ne_bytes())?;
    let object = lab.load(object)?;
    make_files()?;
    let links = lab.attach(&object)?;

    lab.observe()?;
    let (mut rows, mut refused) = (Vec::new(), 0);
    for (how, path) in &OPENS {
        forget(lab, &object)?;
        let opened = openat(CWD, *path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
        let result = match opened {
            Ok(_) => "ok".to_owned(),
            Err(Errno::PERM) => "EPERM".to_owned(),
            Err(error) => error.to_string(),
        };
        let counted = lab.variable(&object, ".bss", "refused")?;
        refused += counted.and_then(|bytes| u32_at(&bytes, 0)).unwrap_or(0);
        rows.push((how, seen(lab, &object, "at_entry")?, seen(lab, &object, "in_kernel")?, result));
    }
    drop(links);

    let mut out = io::stdout().lock();
    for (how, entry, kernel, result) in rows {
        writeln!(out, "{how}: {result}")?;
        writeln!(out, "  at the entry:  {entry}")?;
        writeln!(out, "  in the kernel: {kernel}")?;
    }
    Ok(writeln!(out, "refused={refused}")?)
}
// ANCHOR_END: lab

/// Nobody else sees these files, and they end with us.
fn make_files() -> Result<()> {
    files::leave()?;
    fs::create_dir("/tmp/vault")?;
    for name in ["secret.txt", "other.txt"] {
        fs::write(format!("/tmp/vault/{name}"), "x")?;
    }
    Ok(symlink("/tmp/vault/secret.txt", "/tmp/harmless.txt")?)
}

/// Clears what the programs have seen. All globals that begin as zero are in one value.
fn forget(lab: &Lab, object: &Object) -> Result<()> {
    let globals = lab.map(object, ".bss")?;
    let zeros = vec![0; globals.value_size() as usize];
    globals.update(&0u32.to_ne_bytes(), &zeros, MapFlags::ANY).context("cannot clear the globals")
}

fn seen(lab: &Lab, object: &Object, variable: &str) -> Result<String> {
    let bytes = lab.variable(object, ".bss", variable)?;
    let bytes = bytes.with_context(|| format!("the object has no variable {variable}"))?;
    let text = text_at(&bytes, 0, bytes.len()).unwrap_or_default();
    Ok(if text.is_empty() { "(nothing)".to_owned() } else { text.into_owned() })
}
