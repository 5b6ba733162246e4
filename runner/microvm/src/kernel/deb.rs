//! Takes the kernel out of its Debian package.

use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::path::Path;
use std::process::Stdio;

use super::KernelError;
use super::keep::{self, Kept};
use super::process::{self, Guard};
use crate::memory;

/// Most bytes taken from one package: several times what any kernel has.
const MOST: u64 = 512 << 20;

/// File of a kernel's folder that holds the image.
pub(super) const IMAGE: &str = "vmlinuz";
/// File of a kernel's folder that holds the configuration.
pub(super) const CONFIG: &str = "config";
/// Folder of a kernel's folder that holds the modules.
pub(super) const MODULES: &str = "modules";

/// Unpacks what is kept of `package` into the folder `target`: the files `vmlinuz`, `config` and the
/// folder `modules`, as far as the package has them.
pub(super) fn unpack(package: &Path, target: &Path) -> Result<(), KernelError> {
    let failed = KernelError::io("run", Path::new("dpkg-deb"));
    let mut errors = memory::file("errors", &[]).map_err(&failed)?;
    let mut command = process::command("dpkg-deb")?;
    command.arg("--fsys-tarfile").arg(package).stdout(Stdio::piped());
    command.stderr(errors.try_clone().map_err(&failed)?);
    let mut child = Guard(process::start(&mut command)?);
    let taken = match child.0.stdout.take() {
        Some(tar) => take(tar, package, target),
        None => Ok(()),
    };
    // Of two reasons the program's own is the better one, except for a full disk.
    if let Err(error @ (KernelError::DiskFull(_) | KernelError::Io { .. })) = taken {
        return Err(error);
    }
    let status = child.0.wait().map_err(&failed)?;
    if !status.success() {
        let mut said = vec![];
        errors.rewind().and_then(|()| errors.read_to_end(&mut said)).map_err(&failed)?;
        let said = String::from_utf8_lossy(&said);
        let reason = said.lines().next().unwrap_or("dpkg-deb failed without a word");
        return Err(damaged(package, reason.trim_start_matches("dpkg-deb: error: ")));
    }
    taken
}

/// Reads the archive to its end, so that its writer never sees a broken pipe.
fn take(mut tar: impl Read, package: &Path, target: &Path) -> Result<(), KernelError> {
    let unreadable = |error: io::Error| damaged(package, &error.to_string());
    let mut archive = tar::Archive::new(&mut tar);
    let mut room = MOST;
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let path = entry.path().map_err(unreadable)?.into_owned();
        let Some(kept) = keep::in_package(&path) else { continue };
        if !entry.header().entry_type().is_file() {
            continue;
        }
        room = room
            .checked_sub(entry.size())
            .ok_or_else(|| damaged(package, "it is larger than any kernel"))?;
        let file = match kept {
            Kept::Image if in_boot_already(target, &path) => continue,
            Kept::Image => target.join(IMAGE),
            Kept::Config => target.join(CONFIG),
            Kept::Modules(path) => target.join(MODULES).join(path),
        };
        write(&mut entry, &file, package)?;
    }
    io::copy(&mut tar, &mut io::sink()).map_err(unreadable)?;
    Ok(())
}

/// The image in `boot` counts when there is another one beside the modules.
fn in_boot_already(target: &Path, path: &Path) -> bool {
    let is_of_boot = path.components().any(|part| part.as_os_str() == "boot");
    !is_of_boot && target.join(IMAGE).exists()
}

/// Copies by hand what `io::copy` would: its error would not tell which side failed.
fn write(data: &mut impl Read, path: &Path, package: &Path) -> Result<(), KernelError> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent).map_err(KernelError::io("make the folder", parent))?;
    let mut file = File::create(path).map_err(KernelError::io("write", path))?;
    let mut buffer = vec![0; 128 << 10];
    loop {
        match data.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => io::Write::write_all(&mut file, &buffer[..length])
                .map_err(KernelError::io("write", path))?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(damaged(package, &error.to_string())),
        }
    }
}

fn damaged(package: &Path, reason: &str) -> KernelError {
    let package = package.file_name().unwrap_or_default().to_string_lossy().into_owned();
    KernelError::Package { package, reason: reason.trim().to_owned() }
}
