//! The cache folder: kernels and saved machines, all of which can be made again.

use std::fs;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::engine::vm::storage_advice;
use crate::error::Error;

/// The folder for what can be made again: `$LABRUNNER_CACHE`, else `labrunner` in the user's cache
/// folder (`$XDG_CACHE_HOME`, else `~/.cache`).
pub fn folder() -> Result<PathBuf, Error> {
    if let Some(folder) = std::env::var_os("LABRUNNER_CACHE").filter(|value| !value.is_empty()) {
        return Ok(PathBuf::from(folder));
    }
    let strategy = etcetera::base_strategy::Xdg::new().map_err(|_| {
        Error::unable(
            "There is no home folder to keep kernels and saved machines in.",
            "Name a folder for them: LABRUNNER_CACHE=/path",
        )
    })?;
    Ok(strategy.cache_dir().join("labrunner"))
}

/// Where courses are that a `labrunner` carried, relative to the cache folder (see [`crate::archive`]).
pub const COURSES: &str = "courses";

/// The folders in it that are ours.
const OWN: [&str; 3] = [COURSES, "kernels", "machines"];

/// What is in the folder: each file and folder two levels down, with its size in bytes.
pub fn contents(folder: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    for own in OWN {
        for path in entries(&folder.join(own)) {
            let size = size(&path);
            if size > 0 {
                found.push((path, size));
            }
        }
    }
    found.sort();
    found
}

/// Removes what labrunner has put there, and nothing else: the folder may be anybody's.
pub fn clean(folder: &Path) -> Result<(), Error> {
    for own in OWN {
        let path = folder.join(own);
        match fs::remove_dir_all(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::unable(
                    format!("cannot remove {}: {e}.", path.display()),
                    storage_advice(&e),
                ));
            }
            _ => {}
        }
    }
    // Stays if something else is in it.
    let _ = fs::remove_dir(folder);
    Ok(())
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.flatten().map(|entry| entry.path()).collect()
}

/// Bytes on disk of a file, or of all below a folder.
fn size(path: &Path) -> u64 {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => entries(path).iter().map(|entry| size(entry)).sum(),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    }
}
