//! The file that is verified: read, or compiled, and looked at before a machine is started for it.

use std::fs::File;
use std::io::Read;
use std::path::{Path, absolute};

use crate::command::say;
use crate::compile::{Compiled, LARGEST, compile_foreign};
use crate::error::Error;
use crate::verify::elf;

/// An object to verify.
pub(super) struct Input {
    /// As the file was named.
    pub(super) shown: String,
    /// What the object is called in the machine: `prog.bpf.o`. Names of its maps begin like it.
    pub(super) name: String,
    /// The object.
    pub(super) bytes: Vec<u8>,
}

impl Input {
    /// Reads an object, or compiles a source.
    ///
    /// # Errors
    /// The file is neither, is too large, or does not compile.
    pub(super) fn read(root: &Path, path: &Path, color: bool) -> Result<Self, Error> {
        let shown = path.display().to_string();
        let wrong = |why: String| Error::Usage(format!("`{shown}` {why}"));
        let bytes = contents(path).map_err(|e| wrong(format!("cannot be read: {e}.")))?;
        let name = path.file_name().map_or("object".into(), |name| name.to_string_lossy());
        if elf::is_elf(&bytes) {
            if bytes.len() > LARGEST {
                return Err(wrong(too_large()));
            }
            if let Some(objection) = elf::objection(&bytes) {
                return Err(wrong(objection));
            }
            return Ok(Self { name: name.into_owned(), shown, bytes });
        }
        if path.extension().is_none_or(|extension| extension != "c") {
            return Err(wrong(
                "is no BPF object: it does not begin as ELF files do. Give an object, made by \
                 `clang --target=bpf -O2 -g -c`, or a source, whose name ends with .c."
                    .into(),
            ));
        }
        let place = absolute(path).map_err(|e| wrong(format!("cannot be found: {e}.")))?;
        // Relative inside the course, as the labs are: so messages and BTF are the same.
        let place = place.strip_prefix(root).unwrap_or(&place);
        match compile_foreign(root, place, color)? {
            Compiled::Object { object, warnings } => {
                if !warnings.is_empty() {
                    say(warnings.trim_end());
                }
                let stem = name.strip_suffix(".c").unwrap_or(&name);
                Ok(Self { name: format!("{stem}.o"), bytes: object, shown })
            }
            Compiled::Rejected(words) => {
                Err(wrong(format!("does not compile:\n{}", words.trim_end())))
            }
        }
    }
}

/// The file, as far as it is not too large.
fn contents(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn too_large() -> String {
    format!(
        "is too large: labrunner takes objects of up to {} MB. If that is debug information, \
         `llvm-strip -g` takes it out and leaves the BTF.",
        LARGEST >> 20
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    fn refused(name: &str, contents: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, contents).unwrap();
        let read = Input::read(root(), &path, false);
        read.err().unwrap_or_else(|| panic!("{name} is taken")).to_string()
    }

    #[test]
    fn what_is_no_object_is_refused_with_the_reason() {
        let mut large = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x01\0\xf7\0".to_vec();
        large.resize(LARGEST + 1, 0);
        for (name, contents, part) in [
            ("empty", &b""[..], "no BPF object"),
            ("log.txt", b"libbpf: failed", "no BPF object"),
            ("large.o", &large, "too large"),
            ("bad.bpf.c", b"int broken = ;\n", "does not compile:\n"),
        ] {
            let message = refused(name, contents);
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn what_is_not_there_or_no_file_cannot_be_read() {
        for path in ["/no/such.bpf.o", "/"] {
            let error = Input::read(root(), Path::new(path), false).err().unwrap();
            assert!(
                error.to_string().starts_with(&format!("`{path}` cannot be read: ")),
                "{error}"
            );
        }
    }
}
