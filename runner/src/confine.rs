//! clang over a source that anybody may have written, and that may mean harm.
//!
//! Several walls stand between such a source and the files of this machine, and none relies on another:
//!
//! - **A closed view.** clang sees by its virtual file system the source, the course's headers and its own,
//!   and nothing else ([`view`]). `#include`, `__has_include` and `#embed` find no other file.
//! - **Assembly is looked at.** The assembler reads files past that view (`.incbin`), so what the
//!   preprocessor leaves of the source may have a few harmless directives only ([`assembly`]).
//! - **Limits** on processor time, memory and output ([`limits`]).
//! - **Landlock**, where the kernel of this machine has it: clang can open its own files and those headers,
//!   and can write nothing ([`limits`]).
//!
//! [`Confined::new`] tries whether the first holds with the clang that is here, before anything is trusted to
//! it.

pub mod assembly;
pub mod limits;
pub mod view;

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use crate::child::Output;
use crate::compile::{self, Compiled, LARGEST};
use crate::course::Lab;
use crate::error::Error;
use limits::Cage;
use view::View;

/// How long clang may take for one source. It takes a tenth of a second.
const DEADLINE: Duration = Duration::from_secs(20);

/// What came of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confinement {
    /// It was compiled, or clang says why not.
    Compiled(Compiled),
    /// It asks for what no source may have; one sentence.
    Refused(String),
    /// clang was still at it after this time.
    TimedOut(Duration),
}

/// clang behind its walls.
#[derive(Debug)]
pub struct Confined {
    root: PathBuf,
    flags: Vec<String>,
    headers: Vec<PathBuf>,
    cage: Cage,
}

impl Confined {
    /// Prepares it, and tries that it compiles and that a source reaches no file.
    ///
    /// # Errors
    /// This machine's clang does not work, or cannot be confined.
    pub fn new(root: &Path) -> Result<Self, Error> {
        let cage = Cage::new(root)?;
        let mut headers = view::headers(&root.join("labs-bpf/include"));
        headers.extend(view::headers(&cage.resources.join("include")));
        let mut confined =
            Self { root: root.to_owned(), flags: compile::flags(root)?, headers, cage };
        if let Err(with_landlock) = confined.holds() {
            // A clang in an unusual place may need files that the cage keeps from it.
            confined.cage.landlock = false;
            confined.holds().map_err(|_| with_landlock)?;
        }
        Ok(confined)
    }

    /// Whether the kernel of this machine guards clang as well.
    pub fn has_landlock(&self) -> bool {
        self.cage.landlock
    }

    /// Compiles a text as if it were the source of this lab.
    ///
    /// # Errors
    /// clang cannot be started, or the memory is used up: nothing of the text's doing.
    pub fn compile(&self, lab: &Lab, text: &str) -> Result<Confinement, Error> {
        self.compile_as(&lab.source(), text)
    }

    fn compile_as(&self, path: &Path, text: &str) -> Result<Confinement, Error> {
        let view = View::new(&self.root, path, text, &self.headers)?;
        // What the preprocessor leaves has no macros any more in which assembly could hide.
        let preprocessed = match self.clang(&view, path, "-E")? {
            Ran::Done(output) if output.status.success() => output.stdout,
            Ran::Done(output) => return Ok(rejected(output)),
            Ran::Ended(how) => return Ok(how),
        };
        if let Err(reason) = assembly::check(&preprocessed) {
            return Ok(Confinement::Refused(reason));
        }
        let output = match self.clang(&view, path, "-c")? {
            Ran::Done(output) if output.status.success() => output,
            Ran::Done(output) => return Ok(rejected(output)),
            Ran::Ended(how) => return Ok(how),
        };
        let size = output.stdout.len();
        if size > LARGEST {
            let reason =
                format!("its object is {} MB; at most {} are taken", size >> 20, LARGEST >> 20);
            return Ok(Confinement::Refused(reason));
        }
        Ok(Confinement::Compiled(Compiled::Object {
            object: output.stdout,
            warnings: output.stderr,
        }))
    }

    /// Runs clang over the source; `-E` for the preprocessor alone, `-c` for an object.
    fn clang(&self, view: &View, path: &Path, what: &str) -> Result<Ran, Error> {
        let mut arguments = self.flags.clone();
        arguments.extend(view.flags());
        arguments
            .extend(["-fno-color-diagnostics", "-fno-crash-diagnostics", what].map(Into::into));
        arguments.extend(["-x".into(), "c".into(), path.to_string_lossy().into_owned()]);
        arguments.extend(["-o".into(), "-".into()]);
        let output = self.cage.run(&arguments, view.files()?, DEADLINE)?;
        Ok(match output {
            None => Ran::Ended(Confinement::TimedOut(DEADLINE)),
            Some(output) => match broken(output.status, &output.stderr) {
                Some(Broken::Time) => Ran::Ended(Confinement::TimedOut(limits::CPU)),
                Some(Broken::Else(reason)) => Ran::Ended(Confinement::Refused(reason)),
                None => Ran::Done(output),
            },
        })
    }

    /// Whether a good source compiles, and one that looks for other files finds none.
    fn holds(&self) -> Result<(), Error> {
        // A file that is there, since clang looks for its input before its view is made.
        let (path, secret) = (Path::new(compile::FLAGS), self.root.join("Cargo.toml"));
        let secret = secret.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"");
        // Debug information has source lines in it, and `#line` says of which file.
        let trial = format!(
            "#include \"kernel.h\"\n#if __has_include(\"{secret}\")\n#error it finds {secret}\n#endif\n\
             #line 1 \"{secret}\"\n__attribute__((section(\"xdp\"))) int trial(void *ctx) {{ return 2; }}\n"
        );
        let failed = |what: &str| {
            Error::unable(
                format!("clang cannot be confined on this machine: {what}"),
                "Sources of others are compiled only where that is safe. Use the clang of the \
                 distribution (sudo apt-get install clang), version 14 or later.",
            )
        };
        match self.compile_as(path, &trial)? {
            Confinement::Compiled(Compiled::Object { object, .. }) => {
                let leaked =
                    std::fs::read_to_string(self.root.join("Cargo.toml")).unwrap_or_default();
                let leaked = leaked.lines().next().unwrap_or_default().as_bytes();
                match !leaked.is_empty() && object.windows(leaked.len()).any(|part| part == leaked)
                {
                    true => Err(failed("it copies lines of other files into the object.")),
                    false => Ok(()),
                }
            }
            Confinement::Compiled(Compiled::Rejected(words)) => Err(failed(&words)),
            Confinement::Refused(reason) => Err(failed(&reason)),
            Confinement::TimedOut(_) => Err(failed("it takes too long.")),
        }
    }
}

/// How clang ended.
enum Ran {
    /// By itself, with or without an object.
    Done(Output),
    /// It broke down, or was ended.
    Ended(Confinement),
}

enum Broken {
    Time,
    Else(String),
}

/// What is to be said of a clang that did not end as a compiler does. It works, or we would not be here:
/// so this is the source's doing.
fn broken(status: ExitStatus, stderr: &str) -> Option<Broken> {
    const SIGXCPU: i32 = 24;
    const SIGXFSZ: i32 = 25;
    const SIGKILL: i32 = 9;
    match status.signal() {
        Some(SIGXCPU | SIGKILL) => return Some(Broken::Time),
        Some(SIGXFSZ) => return Some(Broken::Else(too_much_output())),
        _ => {}
    }
    let has = |words: &str| stderr.contains(words);
    if has("File too large") || has("File size limit exceeded") {
        Some(Broken::Else(too_much_output()))
    } else if has("out of memory") || has("bad_alloc") || has("Cannot allocate memory") {
        Some(Broken::Else(format!(
            "clang needs more than {} MB of memory for it",
            limits::MEMORY >> 20
        )))
    } else if status.signal().is_some() || has("PLEASE submit a bug report") || has("LLVM ERROR") {
        Some(Broken::Else("clang breaks down over it".into()))
    } else {
        None
    }
}

fn too_much_output() -> String {
    format!("clang makes more than {} MB of it", limits::OUTPUT >> 20)
}

fn rejected(output: Output) -> Confinement {
    Confinement::Compiled(Compiled::Rejected(output.stderr))
}

#[cfg(test)]
mod tests;
