//! `labrunner init` and `labrunner upgrade`: a workspace of the learner's own.

use std::fmt::Write;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use microvm::find_program;

use super::{print, say};
use crate::archive::Archive;
use crate::by_hand::quoted;
use crate::cli::InitArgs;
use crate::compile;
use crate::error::{Error, PASSED};
use crate::workspace::Workspace;
use crate::workspace::merge::{Merged, beside, cannot_write, merge};

/// The options for clangd, beside the BPF C; `labs/build.rs` writes the same.
const FOR_EDITORS: &str = "labs-bpf/compile_flags.txt";

/// Lays a workspace out, or brings one up to date.
pub fn run(args: &InitArgs) -> Result<u8, Error> {
    let root = place(&args.folder)?;
    lay_out(&root)
}

/// Brings the workspace up to date that the current folder is in.
pub fn upgrade() -> Result<u8, Error> {
    let here = std::env::current_dir()
        .map_err(|e| Error::Usage(format!("the current folder cannot be read: {e}")))?;
    for folder in here.ancestors() {
        if Workspace::of(folder)?.is_some() {
            return lay_out(folder);
        }
    }
    Err(Error::Usage(format!(
        "{} is not inside a workspace. Lay one out: labrunner init DIR\nA clone is brought up to date \
         with git pull.",
        here.display()
    )))
}

fn lay_out(root: &Path) -> Result<u8, Error> {
    let mut archive = carried()?;
    let unpacked = archive.unpacked(&mut say)?;
    fs::create_dir_all(root).map_err(|e| cannot_write(root, &e))?;
    // The files name it, as clang does.
    let root = root.canonicalize().map_err(|e| cannot_write(root, &e))?;
    let merged = merge(&root, &archive.digest, &unpacked)?;
    help_editors(&root);
    let release = unpacked.release()?.name;
    print(&match &merged.before {
        None => laid_out(&root, &release, not_on_the_path().as_deref()),
        Some(before) => upgraded(&root, &before.name, &release, &merged),
    })?;
    if merged.before.is_none() && !merged.beside.is_empty() {
        print(&kept(&merged))?;
    }
    Ok(PASSED)
}

fn carried() -> Result<Archive, Error> {
    Archive::own()?.ok_or_else(|| {
        Error::Usage(
            "This labrunner was built in a clone and carries no course, so it cannot lay out a \
             workspace. Make one that does, by scripts/dist in the clone; or work in the clone itself."
                .into(),
        )
    })
}

/// The folder, if a workspace can be there.
fn place(folder: &Path) -> Result<PathBuf, Error> {
    let root = std::path::absolute(folder)
        .map_err(|e| Error::Usage(format!("{}: {e}", folder.display())))?;
    let shown = root.display();
    if root.to_str().is_none() {
        return Err(Error::Usage(format!(
            "{shown} is not a path in UTF-8; clang and the book need one."
        )));
    }
    let mut entries = match fs::read_dir(&root) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound && !root.is_symlink() => return Ok(root),
        Err(e) if e.kind() == ErrorKind::NotFound => {
            return Err(Error::Usage(format!(
                "{shown} is a symbolic link to a folder that is not there. Name the folder itself."
            )));
        }
        Err(e) if e.kind() == ErrorKind::NotADirectory => {
            return Err(Error::Usage(format!("{shown} is no folder. Name another place.")));
        }
        Err(e) => return Err(cannot_write(&root, &e)),
    };
    if entries.next().is_none() || Workspace::of(&root)?.is_some() {
        return Ok(root);
    }
    let is_clone = root.join("labs-bpf").is_dir() && root.join("runner").is_dir();
    Err(Error::Usage(if is_clone {
        format!("{shown} is a clone of the course: labs run there as it is.")
    } else {
        format!("{shown} is not empty, and no workspace. Name a new folder; nothing was changed.")
    }))
}

/// Editors find the headers by it; without it nothing else is missing, so it may fail.
fn help_editors(root: &Path) {
    let Ok(flags) = compile::flags(root) else { return };
    let include = format!("-I{}/", root.display());
    let flags = flags.iter().map(|flag| flag.replace("-I", &include) + "\n");
    let _ = fs::write(root.join(FOR_EDITORS), flags.collect::<String>());
}

/// The path of this program's file, if `labrunner` alone does not start one.
fn not_on_the_path() -> Option<PathBuf> {
    match find_program("labrunner") {
        Some(_) => None,
        None => std::env::current_exe().ok(),
    }
}

/// `file` is this program's, if it is not on the PATH.
fn laid_out(root: &Path, release: &str, file: Option<&Path>) -> String {
    let mut text = format!(
        "{} is your workspace, with the course of labrunner {release}.\n\n",
        root.display()
    );
    if let Some(file) = file {
        let file = quoted(&file.to_string_lossy());
        let _ = writeln!(text, "  sudo install {file} /usr/local/bin/labrunner");
    }
    let _ = writeln!(text, "  cd {}", quoted(&root.to_string_lossy()));
    text + "  labrunner ch2 hello-map    run a lab\n  labrunner book             read the workbook\n"
}

fn upgraded(root: &Path, before: &str, release: &str, merged: &Merged) -> String {
    let mut text = if before == release {
        format!("{} is up to date: labrunner {release}.\n", root.display())
    } else {
        format!("{}: from labrunner {before} to {release}.\n", root.display())
    };
    let labs: Vec<String> = merged.added.iter().filter_map(|path| lab(path)).collect();
    if !labs.is_empty() {
        let _ = writeln!(text, "New labs: {}", labs.join(", "));
    }
    for (files, what) in [
        (&merged.replaced, "replaced, which you had not changed"),
        (&merged.added, "added"),
        (&merged.restored, "put back, which were gone"),
    ] {
        if !files.is_empty() {
            let _ = writeln!(text, "Files {what}: {}", files.len());
        }
    }
    text + &kept(merged)
}

/// What of the learner's stays.
fn kept(merged: &Merged) -> String {
    let mut text = String::new();
    if !merged.kept.is_empty() {
        text += "Kept as you have them, since the course has not changed them:\n";
        text.extend(merged.kept.iter().map(|path| format!("  {}\n", path.display())));
    }
    if !merged.beside.is_empty() {
        text += "Kept as you have them; the course's new version is beside:\n";
        let beside = merged.beside.iter().map(|path| format!("  {}\n", beside(path).display()));
        text.extend(beside);
    }
    text
}

/// The lab whose manifest this is: `labs-bpf/ch2/hello-map/lab.toml` → `ch2 hello-map`.
fn lab(path: &Path) -> Option<String> {
    let path = path.strip_prefix("labs-bpf").ok()?.to_str()?.strip_suffix("/lab.toml")?;
    Some(path.replacen('/', " ", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_upgrade_did_is_told_and_what_it_kept_is_named() {
        let files = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        let merged = Merged {
            before: None,
            added: files(&["labs-bpf/ch8/tcp/lab.toml", "labs-bpf/ch8/tcp/tcp.bpf.c"]),
            replaced: files(&["README.md"]),
            restored: Vec::new(),
            kept: files(&["labs-bpf/ch2/hello/hello.bpf.c"]),
            beside: files(&["labs-bpf/ch3/xdp/xdp.bpf.c"]),
        };
        insta::assert_snapshot!(upgraded(Path::new("/w"), "1 (a)", "2 (b)", &merged), @r"
        /w: from labrunner 1 (a) to 2 (b).
        New labs: ch8 tcp
        Files replaced, which you had not changed: 1
        Files added: 2
        Kept as you have them, since the course has not changed them:
          labs-bpf/ch2/hello/hello.bpf.c
        Kept as you have them; the course's new version is beside:
          labs-bpf/ch3/xdp/xdp.bpf.c.new
        ");
        insta::assert_snapshot!(upgraded(Path::new("/w"), "1 (a)", "1 (a)", &Merged::default()), @"/w is up to date: labrunner 1 (a).");
    }

    #[test]
    fn the_first_commands_are_ready_to_be_typed() {
        let shown = |file| laid_out(Path::new("/home/a b/ebpf"), "1 (a)", file);
        insta::assert_snapshot!(shown(Some(Path::new("/tmp/labrunner"))), @r"
        /home/a b/ebpf is your workspace, with the course of labrunner 1 (a).

          sudo install /tmp/labrunner /usr/local/bin/labrunner
          cd '/home/a b/ebpf'
          labrunner ch2 hello-map    run a lab
          labrunner book             read the workbook
        ");
        assert!(!shown(None).contains("install"));
    }

    #[test]
    fn a_lab_is_named_as_it_is_typed() {
        for (path, expected) in [
            ("labs-bpf/ch2/hello-map/lab.toml", Some("ch2 hello-map")),
            ("labs-bpf/ch6/catalogue/null-check/lab.toml", Some("ch6 catalogue/null-check")),
            ("labs-bpf/ch2/hello-map/breaks/x.patch", None),
        ] {
            assert_eq!(lab(Path::new(path)).as_deref(), expected, "{path}");
        }
    }
}
