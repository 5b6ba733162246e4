//! From BPF C to an object, by clang, without a file that could be left behind.

use std::fs::{self, File};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::fs::{MemfdFlags, memfd_create};

use crate::error::Error;

/// The file that lists clang's options, relative to the course's root.
pub const FLAGS: &str = "labs-bpf/clang.flags";

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compiled {
    /// An ELF object, and clang's warnings, if it had any.
    Object {
        /// The object.
        object: Vec<u8>,
        /// clang's own words, with its colours if those were asked for.
        warnings: String,
    },
    /// clang's own words, with its colours if those were asked for.
    Rejected(String),
}

/// clang's options for this machine's architecture.
pub fn flags(root: &Path) -> Result<Vec<String>, Error> {
    let text = fs::read_to_string(root.join(FLAGS))
        .map_err(|e| Error::Usage(format!("cannot read {FLAGS}: {e}")))?;
    Ok(parse_flags(&text, &root.to_string_lossy()))
}

fn parse_flags(text: &str, root: &str) -> Vec<String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.replace("@ARCH@", bpf_arch()).replace("@ROOT@", root))
        .collect()
}

/// The name of this machine in libbpf's headers (`__TARGET_ARCH_…` of bpf_tracing.h).
fn bpf_arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86" | "x86_64" => "x86",
        "aarch64" => "arm64",
        "riscv64" => "riscv",
        "powerpc64" => "powerpc",
        "s390x" => "s390",
        "loongarch64" => "loongarch",
        other => other,
    }
}

/// Compiles a BPF program. `path` is relative to the course's root, which is what the object's BTF and
/// clang's messages call it. With `text`, that is compiled as if the file held it.
pub fn compile(
    root: &Path,
    path: &Path,
    text: Option<&str>,
    color: bool,
) -> Result<Compiled, Error> {
    let overlay = text.map(|text| Overlay::new(&root.join(path), text)).transpose()?;
    let output = Command::new("clang")
        .args(flags(root)?)
        .args(overlay.iter().flat_map(Overlay::flags))
        .arg(if color { "-fcolor-diagnostics" } else { "-fno-color-diagnostics" })
        .arg("-c")
        .arg(path)
        .args(["-o", "-"])
        .current_dir(root)
        .env("PWD", root)
        .stdin(Stdio::null())
        .output()
        .map_err(|e| no_clang(&e))?;
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        return Ok(Compiled::Object { object: output.stdout, warnings: words });
    }
    Ok(Compiled::Rejected(words))
}

/// A text that clang takes for the contents of a file, by its virtual file system (see
/// `-ivfsoverlay`). Both the text and the description are files in memory: nothing is written.
struct Overlay {
    description: File,
    _text: File,
}

impl Overlay {
    fn new(path: &Path, text: &str) -> Result<Self, Error> {
        let text = in_memory(text)?;
        // JSON is YAML, which is the format of the description.
        let description = serde_json::json!({
            "version": 0,
            "case-sensitive": true,
            "use-external-names": false,
            "roots": [{ "type": "file", "name": path, "external-contents": path_of(&text) }],
        });
        Ok(Self { description: in_memory(&description.to_string())?, _text: text })
    }

    /// `-gembed-source`: LLVM writes source lines into the BTF, and would read the real file for
    /// them otherwise.
    fn flags(&self) -> [String; 4] {
        let description = path_of(&self.description);
        ["-ivfsoverlay".into(), description, "-gdwarf-5".into(), "-gembed-source".into()]
    }
}

fn in_memory(text: &str) -> Result<File, Error> {
    memfd_create("labrunner", MemfdFlags::CLOEXEC)
        .map_err(std::io::Error::from)
        .map(File::from)
        .and_then(|mut file| file.write_all(text.as_bytes()).map(|()| file))
        .map_err(|e| {
            Error::unable(format!("cannot make a file in memory: {e}"), "Is the memory used up?")
        })
}

/// A path by which a child of this process can open a file that has no name.
fn path_of(file: &File) -> String {
    format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd())
}

fn no_clang(error: &std::io::Error) -> Error {
    if error.kind() == std::io::ErrorKind::NotFound {
        return Error::unable(
            "clang is not installed or not on the PATH.",
            "It turns BPF C into bytecode. Install it: sudo apt-get install clang",
        );
    }
    Error::unable(format!("clang does not start: {error}"), "Try `clang --version`.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    #[test]
    fn options_are_lines_without_comments() {
        assert_eq!(parse_flags("# BPF\n-O2\n\n-I@ROOT@/x\n", "/c"), ["-O2", "-I/c/x"]);
    }

    #[test]
    fn messages_name_the_file_and_its_own_line() {
        let path = Path::new("labs-bpf/ch2/hello/hello.bpf.c");
        let text = "int fine;\nint broken = ;\n";
        let Compiled::Rejected(words) = compile(root(), path, Some(text), false).unwrap() else {
            panic!("it compiles");
        };
        assert!(words.starts_with("labs-bpf/ch2/hello/hello.bpf.c:2:14: error: "), "{words}");
    }

    #[test]
    fn the_object_carries_the_lines_of_the_given_text() {
        let path = Path::new("labs-bpf/ch2/hello/hello.bpf.c");
        let text = "int entry(void *ctx)\n{\n\treturn 4711 + (ctx == 0);\n}\n";
        let Compiled::Object { object, .. } = compile(root(), path, Some(text), false).unwrap()
        else {
            panic!("it does not compile");
        };
        assert!(object.starts_with(b"\x7fELF"));
        let line = b"return 4711 + (ctx == 0);";
        assert!(object.windows(line.len()).any(|bytes| bytes == line));
    }
}
