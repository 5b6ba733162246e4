//! The saved machines of one kernel, in the cache folder.
//!
//! microvm names their files `LABEL-KEY.state` and `LABEL-KEY.notes`, where the label is the kernel's
//! name and the key 16 hexadecimal digits.

use std::fs;
use std::path::PathBuf;

use crate::cache;
use crate::engine::vm::storage_advice;
use crate::error::Error;

const KEY: usize = 16;

/// Disk use in bytes of the machines saved with this kernel.
pub fn bytes(label: &str) -> Result<u64, Error> {
    Ok(files(label)?.iter().map(|(_, bytes)| bytes).sum())
}

/// Removes the machines saved with this kernel, and tells how many bytes that freed. One that runs goes
/// on running.
pub fn remove(label: &str) -> Result<u64, Error> {
    let mut freed = 0;
    for (path, bytes) in files(label)? {
        match fs::remove_file(&path) {
            Ok(()) => freed += bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => {
                let problem = format!("cannot remove {}: {e}.", path.display());
                return Err(Error::unable(problem, storage_advice(&e)));
            }
        }
    }
    Ok(freed)
}

fn files(label: &str) -> Result<Vec<(PathBuf, u64)>, Error> {
    let folder = cache::folder()?.join("machines");
    let Ok(entries) = fs::read_dir(folder) else { return Ok(Vec::new()) };
    let ours = entries.flatten().filter(|entry| is_of(label, &entry.file_name().to_string_lossy()));
    let sized = ours.map(|entry| (entry.path(), entry.metadata().map_or(0, |about| about.len())));
    Ok(sized.collect())
}

/// The label alone will not do: `6.1-mine` begins like `6.1`.
fn is_of(label: &str, name: &str) -> bool {
    let key = name.strip_prefix(label).and_then(|rest| rest.strip_prefix('-')).unwrap_or_default();
    let digits = key.chars().take_while(char::is_ascii_hexdigit).count();
    digits == KEY && key[digits..].starts_with(['.', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_whose_name_begins_the_same_is_another() {
        let table = [
            ("6.1", "6.1-94a953d3e3e46dca.state", true),
            ("6.1", "6.1-94a953d3e3e46dca.notes", true),
            ("6.1", "6.1-mine-94a953d3e3e46dca.state", false),
            ("6.1-mine", "6.1-mine-94a953d3e3e46dca.state", true),
            ("6.1", "6.12-94a953d3e3e46dca.state", false),
            ("6", "6.1-94a953d3e3e46dca.state", false),
            ("6.1", "6.1-94a953.state", false),
            ("6.1", "lock", false),
        ];
        for (label, name, expected) in table {
            assert_eq!(is_of(label, name), expected, "{label} {name}");
        }
    }
}
