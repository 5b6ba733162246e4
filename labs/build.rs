//! Compiles the BPF C of every lab, so that each binary carries its object.
//!
//! - `labs-bpf/chN/NAME/NAME.bpf.c` becomes `$OUT_DIR/chN-NAME.bpf.o`, `labs-bpf/probe/probe.bpf.c`
//!   becomes `$OUT_DIR/probe.bpf.o`; `labs::object!` embeds them. The clang options are those of
//!   `labs-bpf/clang.flags`. `CLANG` names another clang.
//!   An object that does not compile fails the build, unless `LABS_BROKEN_OBJECTS=allow`.
//! - libbpf's own headers are copied to `labs-bpf/include/bpf/`, and `labs-bpf/compile_flags.txt` is
//!   written for clangd. With them the runner, an editor and a clang typed by hand find what this
//!   script finds. Both are ignored by git.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use libbpf_cargo::SkeletonBuilder;

/// The headers of libbpf that BPF C includes; the others are for user space.
const HEADERS: [&str; 6] = [
    "bpf_core_read.h",
    "bpf_endian.h",
    "bpf_helper_defs.h",
    "bpf_helpers.h",
    "bpf_tracing.h",
    "usdt.bpf.h",
];

fn main() -> Result<(), Box<dyn Error>> {
    let root = fs::canonicalize(Path::new(&env::var("CARGO_MANIFEST_DIR")?).join(".."))?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let sources = root.join("labs-bpf");

    let libbpf = PathBuf::from(env::var("DEP_BPF_INCLUDE")?).join("bpf");
    for header in HEADERS {
        write_if_other(&sources.join("include/bpf").join(header), &fs::read(libbpf.join(header))?)?;
    }

    let flags = flags(&fs::read_to_string(sources.join("clang.flags"))?, &root)?;
    let for_clangd = flags.iter().map(|flag| flag.replace("-I", &format!("-I{}/", root.display())));
    let for_clangd: Vec<String> = for_clangd.collect();
    write_if_other(&sources.join("compile_flags.txt"), (for_clangd.join("\n") + "\n").as_bytes())?;

    for source in bpf_sources(&sources)? {
        let source = source.strip_prefix(&root)?;
        compile(&root, source, &flags, &out.join(object_name(source)))?;
    }
    skeleton(&out, "ch5", "skeleton")?;

    // Folders are watched with all that is in them, so a new lab is seen too. The generated files are
    // watched so that they come back when somebody deletes them.
    println!("cargo::rerun-if-env-changed=CLANG");
    println!("cargo::rerun-if-env-changed=LABS_BROKEN_OBJECTS");
    for watched in ["clang.flags", "compile_flags.txt", "include", "probe"] {
        println!("cargo::rerun-if-changed={}", sources.join(watched).display());
    }
    for chapter in entries(&sources)?.iter().filter(|path| is_chapter(path)) {
        println!("cargo::rerun-if-changed={}", chapter.display());
    }
    Ok(())
}

/// The options in `clang.flags`: comments and empty lines left out, placeholders filled in.
fn flags(text: &str, root: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    // libbpf's names of machines (the `__TARGET_ARCH_*` of bpf_tracing.h) for cargo's.
    let arch = match env::var("CARGO_CFG_TARGET_ARCH")?.as_str() {
        "x86" | "x86_64" => "x86",
        "aarch64" => "arm64",
        "riscv32" | "riscv64" => "riscv",
        "powerpc" | "powerpc64" => "powerpc",
        "s390x" => "s390",
        "loongarch64" => "loongarch",
        "arm" => "arm",
        other => return Err(format!("labs: no BPF name is known for the machine {other}").into()),
    };
    let root = root.to_str().ok_or("labs: the path of the repository is not UTF-8")?;
    Ok(text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.replace("@ARCH@", arch).replace("@ROOT@", root))
        .collect())
}

/// Every `NAME/NAME.bpf.c` of the chapters, and the one of `probe`; sorted.
fn bpf_sources(sources: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    let mut folders = vec![sources.join("probe")];
    for chapter in entries(sources)?.iter().filter(|path| is_chapter(path)) {
        folders.extend(entries(chapter)?.into_iter().filter(|path| path.is_dir()));
    }
    for folder in folders {
        found.extend(entries(&folder)?.into_iter().filter(|path| ends_with(path, ".bpf.c")));
    }
    found.sort();
    Ok(found)
}

/// `labs-bpf/ch2/hello/hello.bpf.c` → `ch2-hello.bpf.o`, `labs-bpf/probe/probe.bpf.c` → `probe.bpf.o`.
fn object_name(source: &Path) -> String {
    let parts: Vec<_> = source.iter().map(|part| part.to_string_lossy()).collect();
    let file = parts.last().expect("a path has a last part").replace(".bpf.c", ".bpf.o");
    if parts.len() == 4 { format!("{}-{file}", parts[1]) } else { file }
}

fn compile(
    root: &Path,
    source: &Path,
    flags: &[String],
    object: &Path,
) -> Result<(), Box<dyn Error>> {
    let clang = env::var("CLANG").unwrap_or_else(|_| "clang".into());
    let status = Command::new(&clang)
        .current_dir(root)
        .env("PWD", root) // clang prefers it to getcwd(2), and so must it be the same
        .args(flags)
        .arg("-c")
        .arg(source)
        .arg("-o")
        .arg(object)
        .stderr(if broken_objects_allowed() { Stdio::null() } else { Stdio::inherit() })
        .status()
        .map_err(|error| format!("labs: cannot run {clang}: {error}; install clang 14 or later"))?;
    if status.success() {
        return Ok(());
    }
    let source = source.display();
    if broken_objects_allowed() {
        // labrunner compiles the object itself and hands it over, so the embedded one may be missing.
        println!(
            "cargo::warning={clang} cannot compile {source}: no object is embedded in its lab"
        );
        return Ok(fs::write(object, [])?);
    }
    Err(format!("labs: {clang} cannot compile {source}").into())
}

/// Makes `NAME.skel.rs` of `chN-NAME.bpf.o`: Rust types for its maps, programs and globals.
fn skeleton(out: &Path, chapter: &str, name: &str) -> Result<(), Box<dyn Error>> {
    // The types are called as the file is, and a minus cannot be in their names.
    let (object, to) = (out.join(format!("{name}.bpf.o")), out.join(format!("{name}.skel.rs")));
    fs::copy(out.join(format!("{chapter}-{name}.bpf.o")), &object)?;
    if fs::metadata(&object)?.len() == 0 && to.exists() {
        return Ok(()); // it does not compile at the moment: the skeleton of the last one stays
    }
    SkeletonBuilder::new().obj(object).generate(&to)?;
    // The lab may be told to open another object than the one that is built in.
    let text = fs::read_to_string(&to)?
        .replace("ConfigBuilder::new(&DATA)", "ConfigBuilder::new(object())");
    Ok(fs::write(to, text)?)
}

fn broken_objects_allowed() -> bool {
    env::var("LABS_BROKEN_OBJECTS").is_ok_and(|value| value == "allow")
}

fn is_chapter(path: &Path) -> bool {
    path.is_dir() && path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ch"))
}

fn ends_with(path: &Path, end: &str) -> bool {
    path.to_string_lossy().ends_with(end)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?)
}

/// Writes the file, in one step, unless it has this content already: its time stays then, and two
/// builds at once do not meet.
fn write_if_other(path: &Path, content: &[u8]) -> Result<(), Box<dyn Error>> {
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().expect("a file has a folder"))?;
    let fresh = path.with_extension(format!("{}.new", std::process::id()));
    fs::write(&fresh, content)?;
    Ok(fs::rename(fresh, path)?)
}
