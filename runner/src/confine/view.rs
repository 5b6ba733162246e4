//! The files that clang sees: the source, and the headers that are named.

use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use microvm::memory;
use serde_json::{Value, json};

use crate::error::Error;

/// Where clang finds the description of its files, and the source: numbers of open files that it inherits,
/// since a process in a Landlock domain may not look at those of ours.
pub const DESCRIPTION: i32 = 3;
/// See [`DESCRIPTION`].
pub const SOURCE: i32 = 4;

/// A virtual file system with one source in it. Nothing of it is written to a disk.
pub struct View {
    description: File,
    source: File,
}

impl View {
    /// The text under this path, which is relative to the root; and the headers, under their own.
    pub fn new(root: &Path, path: &Path, text: &str, headers: &[PathBuf]) -> Result<Self, Error> {
        let source = root.join(path);
        let own = source.parent().map(self::headers).unwrap_or_default();
        let file = |name: &Path, contents: &str| -> Value {
            json!({ "type": "file", "name": name, "external-contents": contents })
        };
        let mut roots = vec![file(&source, &format!("/proc/self/fd/{SOURCE}"))];
        let headers = headers.iter().chain(&own);
        roots.extend(headers.map(|header| file(header, &header.to_string_lossy())));
        // JSON is YAML, which is the format of the description. Without a fall through, what is not in it
        // is not there.
        let description = json!({
            "version": 0,
            "case-sensitive": true,
            "use-external-names": false,
            "fallthrough": false,
            "roots": roots,
        });
        Ok(Self {
            description: in_memory("view", description.to_string().as_bytes())?,
            source: in_memory("source", text.as_bytes())?,
        })
    }

    /// `-gembed-source`: LLVM writes source lines into the BTF. Without it, it would read them from the
    /// file that the source claims to be by `#line`.
    pub fn flags(&self) -> [String; 5] {
        let description = format!("/proc/self/fd/{DESCRIPTION}");
        [
            "-nostdlibinc".into(),
            "-ivfsoverlay".into(),
            description,
            "-gdwarf-5".into(),
            "-gembed-source".into(),
        ]
    }

    /// The open files, each with the number that clang inherits it by.
    pub fn files(&self) -> Result<Vec<(OwnedFd, i32)>, Error> {
        [(&self.description, DESCRIPTION), (&self.source, SOURCE)]
            .into_iter()
            .map(|(file, number)| Ok((file.try_clone().map_err(used_up)?.into(), number)))
            .collect()
    }
}

fn in_memory(name: &str, contents: &[u8]) -> Result<File, Error> {
    memory::file(name, contents).map_err(used_up)
}

fn used_up(error: std::io::Error) -> Error {
    Error::unable(format!("cannot make a file in memory: {error}"), "Is the memory used up?")
}

/// The headers in a folder and below it, sorted. A folder that is not there has none.
pub fn headers(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(headers(&path));
        } else if path.extension().is_some_and(|extension| extension == "h") {
            found.push(path);
        }
    }
    found.sort();
    found
}
