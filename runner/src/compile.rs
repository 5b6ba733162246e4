//! From BPF C to an object, by clang, without a file that could be left behind.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::time::Duration;

use microvm::find_program;
use microvm::memory::{self, path_of};

use crate::cancel::{Cancel, called_off};
use crate::child::{Ended, run_unless, tied};
use crate::error::Error;

/// The file that lists clang's options, relative to the course's root.
pub const FLAGS: &str = "labs-bpf/clang.flags";

/// How long clang may take. It takes a tenth of a second.
const DEADLINE: Duration = Duration::from_secs(30);

/// Largest object in bytes. Those of the labs have a few thousand.
pub const LARGEST: usize = 16 << 20;

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
    /// There is no object for a lab: clang's own words, with its colours if those were asked for, or
    /// ours on an object that is too large.
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
    compile_unless(root, path, text, color, &Cancel::default())
}

/// The same for a run that may be called off.
pub fn compile_unless(
    root: &Path,
    path: &Path,
    text: Option<&str>,
    color: bool,
    cancel: &Cancel,
) -> Result<Compiled, Error> {
    if !root.join(path).exists() {
        return Err(gone(path));
    }
    let overlay = text.map(|text| Overlay::new(&root.join(path), text)).transpose()?;
    let more: Vec<String> = overlay.iter().flat_map(Overlay::flags).collect();
    clang(root, path, &more, color, cancel)
}

/// Compiles BPF C of anybody, wherever it is, as the labs are compiled. It finds the headers of its own
/// folder, and those of the course.
pub fn compile_foreign(root: &Path, path: &Path, color: bool) -> Result<Compiled, Error> {
    let folder = path.parent().map(|folder| format!("-I{}", folder.display()));
    clang(root, path, folder.as_slice(), color, &Cancel::default())
}

/// Runs clang in the course's root, as its options want it.
fn clang(
    root: &Path,
    path: &Path,
    more: &[String],
    color: bool,
    cancel: &Cancel,
) -> Result<Compiled, Error> {
    if find_program("clang").is_none() {
        return Err(no_clang());
    }
    let mut command = tied("clang")?;
    command
        .args(flags(root)?)
        .args(more)
        .arg(if color { "-fcolor-diagnostics" } else { "-fno-color-diagnostics" })
        // A crash would leave the source and a script in the folder for temporary files.
        .arg("-fno-crash-diagnostics")
        .arg("-c")
        .arg(path)
        .args(["-o", "-"])
        .current_dir(root)
        .env("PWD", root);
    let ended = run_unless(&mut command, DEADLINE, cancel);
    let output = match ended.map_err(|e| broken_clang(&e.to_string()))? {
        Ended::Done(output) => output,
        Ended::Late => return Err(too_slow()),
        Ended::Cancelled => return Err(called_off()),
    };
    if let Some(signal) = output.status.signal() {
        return Err(broken_clang(&format!("it ended with signal {signal}: {}", output.stderr)));
    }
    if !output.status.success() {
        if let Some(words) = of_the_backend(&output.stderr) {
            return Ok(Compiled::Rejected(words));
        }
        return match not_of_the_source(&output.stderr) {
            Some(Trouble::NoBpf) => Err(no_bpf(&output.stderr)),
            Some(Trouble::Broken) => Err(broken_clang(&output.stderr)),
            None => Ok(Compiled::Rejected(output.stderr)),
        };
    }
    let size = output.stdout.len();
    if size > LARGEST {
        return Ok(Compiled::Rejected(format!(
            "error: the object is {} MB; a lab takes at most {} MB. Is a large array given its first \
             values? They are all in the object.\n",
            size >> 20,
            LARGEST >> 20
        )));
    }
    Ok(Compiled::Object { object: output.stdout, warnings: output.stderr })
}

fn gone(path: &Path) -> Error {
    let lab = path.parent().and_then(|folder| folder.strip_prefix("labs-bpf").ok());
    let lab = lab.map_or(String::new(), |lab| lab.display().to_string().replacen('/', " ", 1));
    Error::Usage(format!(
        "{} is not there. Put it back as it was shipped: labrunner reset {lab}",
        path.display()
    ))
}

/// What is wrong where the source is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// This clang was built without BPF, or knows an older one.
    NoBpf,
    /// It does not start, or crashed.
    Broken,
}

/// Looks for words of clang that are about clang itself. Its lines on a source begin with the file's
/// name; these do not.
fn not_of_the_source(words: &str) -> Option<Trouble> {
    let of_line = |line: &str| {
        let line = line.strip_prefix("clang: ").unwrap_or(line);
        if line.starts_with("setpriv: ")
            || line.starts_with("PLEASE submit a bug report")
            || line.starts_with("error: unable to execute command")
        {
            return Some(Trouble::Broken);
        }
        let error = line.strip_prefix("error: ")?;
        ["unable to create target", "No available targets", "unknown target"]
            .iter()
            .any(|beginning| error.starts_with(beginning))
            .then_some(Trouble::NoBpf)
    };
    plain(words).lines().find_map(of_line)
}

/// What an older clang's backend says of a source that BPF has no instruction for, such as a signed
/// division before `-mcpu=v4`, without the dump of a crash that follows it; `None` if it says nothing.
fn of_the_backend(words: &str) -> Option<String> {
    let of_source = |line: &&str| {
        !["In function: ", "PLEASE submit a bug report"].iter().any(|start| line.starts_with(start))
    };
    plain(words).contains("fatal error: error in backend: ").then(|| {
        let lines = words.lines().take_while(of_source);
        // The node's operands, one a line.
        let lines = lines.filter(|line| !line.trim_start().starts_with("0x"));
        lines.map(|line| format!("{line}\n")).collect()
    })
}

/// Without the sequences that make colours.
fn plain(words: &str) -> String {
    let mut parts = words.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_string();
    let after = |part: &'_ str| part.split_once('m').map_or(String::new(), |(_, rest)| rest.into());
    first + &parts.map(after).collect::<String>()
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
    memory::file("labrunner", text.as_bytes()).map_err(|e| {
        Error::unable(format!("cannot make a file in memory: {e}"), "Is the memory used up?")
    })
}

fn no_clang() -> Error {
    Error::unable(
        "clang is not installed or not on the PATH.",
        "It turns BPF C into bytecode. Install it: sudo apt-get install clang",
    )
}

fn no_bpf(words: &str) -> Error {
    Error::unable(
        format!("The clang on the PATH cannot make BPF objects:\n{}", words.trim_end()),
        "Use the one of the distribution (sudo apt-get install clang), version 14 or later, and see \
         by `type clang` that it comes first on the PATH.",
    )
}

fn broken_clang(words: &str) -> Error {
    Error::unable(
        format!("clang does not work on this machine: {}", words.trim_end()),
        "Try `clang --version`. Is the memory used up?",
    )
}

fn too_slow() -> Error {
    Error::unable(
        format!("clang has not ended within {} s.", DEADLINE.as_secs()),
        "Is this machine very busy? Then try again. If it is not, look for a loop in the program that \
         clang is told to unroll very often.",
    )
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
    fn words_on_clang_itself_are_told_from_those_on_the_source() {
        let no_target = "unable to create target: 'No available targets are compatible with triple";
        for (words, expected) in [
            (format!("error: {no_target} \"bpf\"'\n1 error generated.\n"), Some(Trouble::NoBpf)),
            (
                format!("\x1b[0;1;31merror: \x1b[0m\x1b[1m{no_target}\x1b[0m\n"),
                Some(Trouble::NoBpf),
            ),
            ("error: unknown target CPU 'v3'\n".into(), Some(Trouble::NoBpf)),
            ("clang: error: unable to execute command: Killed\n".into(), Some(Trouble::Broken)),
            ("setpriv: failed to execute clang: Permission denied\n".into(), Some(Trouble::Broken)),
            (format!("x.bpf.c:1:2: error: {no_target}\n    1 | error: unable\n"), None),
            ("error: x.bpf.c:4:5: in function f i32 (ptr): too many args to f\n".into(), None),
        ] {
            assert_eq!(not_of_the_source(&words), expected, "{words}");
        }
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
    fn what_the_backend_cannot_do_is_an_error_of_the_source() {
        let path = Path::new("labs-bpf/ch2/hello/hello.bpf.c");
        let text = "int a = 7, b = 2;\nint entry(void *ctx)\n{\n\treturn a / b;\n}\n";
        let Compiled::Rejected(words) = compile(root(), path, Some(text), false).unwrap() else {
            panic!("it compiles: this clang has signed division without -mcpu=v4");
        };
        assert!(words.contains("igned division"), "{words}");
        assert!(!words.contains("Stack dump") && !words.contains("PLEASE"), "{words}");
    }

    #[test]
    fn the_dump_of_a_crash_is_left_out() {
        let words = "Error at line 4: Unsupport signed division\nfatal error: error in backend: Cannot \
                     select: 0x1: i32 = sdiv\n  0x2: i64 = undef\nIn function: d\nPLEASE submit a bug \
                     report\nStack dump:\n";
        let expected = "Error at line 4: Unsupport signed division\nfatal error: error in backend: \
                        Cannot select: 0x1: i32 = sdiv\n";
        assert_eq!(of_the_backend(words).as_deref(), Some(expected));
        assert_eq!(of_the_backend("x.bpf.c:1:2: error: Stack dump\n"), None);
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
