//! Submissions on disk: which folders they are, and what they are called.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// What one learner has handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The folder's name, made different where two have the same. It may have any characters in it.
    pub name: String,
    /// Where its files are, or why it is not looked at.
    pub folder: Result<PathBuf, String>,
}

/// The submissions in these folders, by name. A folder is a submission if it holds `labs-bpf`, `bin`, or BPF
/// C itself; otherwise each folder in it is one. Folders with a dot in front, and `not`, are left out.
///
/// # Errors
/// A folder cannot be read, or is none.
pub fn find(folders: &[PathBuf], not: &Path) -> Result<Vec<Submission>, Error> {
    let mut found: Vec<(PathBuf, Result<PathBuf, String>)> = Vec::new();
    for given in folders {
        let wrong = |e| Error::Usage(format!("cannot read {}: {e}", given.display()));
        let folder = given.canonicalize().map_err(wrong)?;
        if !folder.is_dir() {
            return Err(Error::Usage(format!(
                "{} is no folder: name the folders of submissions, or one that holds them.",
                given.display()
            )));
        }
        let inside = inside(&folder).map_err(wrong)?;
        let inside: Vec<&Entry> = inside.iter().filter(|entry| entry.path != not).collect();
        if is_submission(&folder) || inside.is_empty() {
            found.push((folder.clone(), Ok(folder)));
            continue;
        }
        found.extend(inside.into_iter().map(|entry| {
            let files = match entry.is_link {
                true => Err("the submission is a symbolic link, which may lead anywhere".into()),
                false => Ok(unwrapped(&entry.path)),
            };
            (entry.path.clone(), files)
        }));
    }
    found.sort();
    found.dedup_by(|one, other| one.0 == other.0);
    let names = names(&found.iter().map(|(path, _)| path.as_path()).collect::<Vec<_>>());
    let submission = |(name, (_, folder))| Submission { name, folder };
    let mut submissions: Vec<_> = names.into_iter().zip(found).map(submission).collect();
    submissions.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(submissions)
}

struct Entry {
    path: PathBuf,
    is_link: bool,
}

/// Folders in a folder, and links, of which nobody knows what they are.
fn inside(folder: &Path) -> std::io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !hidden && (kind.is_dir() || kind.is_symlink()) {
            entries.push(Entry { path: entry.path(), is_link: kind.is_symlink() });
        }
    }
    Ok(entries)
}

/// Whether it has what a learner hands in. No link is followed.
fn is_submission(folder: &Path) -> bool {
    let is_there = |name: &str| fs::symlink_metadata(folder.join(name)).is_ok();
    let is_source = |entry: fs::DirEntry| entry.file_name().to_string_lossy().ends_with(".bpf.c");
    is_there("labs-bpf")
        || is_there("bin")
        || fs::read_dir(folder).into_iter().flatten().flatten().any(is_source)
}

/// Archives often have one more folder around everything.
fn unwrapped(folder: &Path) -> PathBuf {
    if is_submission(folder) {
        return folder.to_owned();
    }
    match inside(folder).as_deref() {
        Ok([Entry { path, is_link: false }]) if is_submission(path) => path.clone(),
        _ => folder.to_owned(),
    }
}

/// The folders' own names; where several have the same, with that of the folder that they are in, or with a
/// number.
fn names(paths: &[&Path]) -> Vec<String> {
    let end = |path: &Path, count: usize| {
        let parts: Vec<_> = path.components().rev().take(count).collect();
        let parts: Vec<_> =
            parts.iter().rev().map(|part| part.as_os_str().to_string_lossy()).collect();
        parts.join("/").trim_start_matches('/').to_string()
    };
    let count = |names: &[String]| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        names.iter().for_each(|name| *counts.entry(name.clone()).or_default() += 1);
        counts
    };
    let short: Vec<String> = paths.iter().map(|path| end(path, 1)).collect();
    let counts = count(&short);
    let longer =
        |(path, short): (&&Path, String)| if counts[&short] > 1 { end(path, 2) } else { short };
    let names: Vec<String> = paths.iter().zip(short).map(longer).collect();
    let counts = count(&names);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let numbered = |name: String| {
        let nth = seen.entry(name.clone()).or_default();
        *nth += 1;
        if counts[&name] > 1 { format!("{name} ({nth})") } else { name }
    };
    names.into_iter().map(numbered).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn found(root: &Path, folders: &[&str]) -> Vec<String> {
        let folders: Vec<PathBuf> = folders.iter().map(|folder| root.join(folder)).collect();
        let root = root.canonicalize().unwrap();
        let shown = |submission: Submission| match submission.folder {
            Ok(folder) => {
                format!("{} {}", submission.name, folder.strip_prefix(&root).unwrap().display())
            }
            Err(_) => format!("{} refused", submission.name),
        };
        let submissions = find(&folders, &root.join("class/grades")).unwrap();
        submissions.into_iter().map(shown).collect()
    }

    #[test]
    fn a_folder_is_a_submission_or_holds_some() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        for folder in [
            "class/alice/labs-bpf/ch2/hello",
            "class/bob/ebpf-main/labs-bpf",
            "class/carol",
            "class/.git/labs-bpf",
            "class/grades/reports",
            "other/alice/bin",
        ] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::write(root.join("class/carol/hello.bpf.c"), "").unwrap();
        fs::write(root.join("class/list.csv"), "").unwrap();
        symlink("/etc", root.join("class/mallory")).unwrap();
        assert_eq!(
            found(root, &["class"]),
            [
                "alice class/alice",
                "bob class/bob/ebpf-main",
                "carol class/carol",
                "mallory refused"
            ]
        );
        assert_eq!(found(root, &["class/carol"]), ["carol class/carol"]);
        assert_eq!(
            found(root, &["class/alice", "other/alice", "class/alice/"]),
            ["class/alice class/alice", "other/alice other/alice"]
        );
        assert_eq!(found(root, &["class/grades/reports"]), ["reports class/grades/reports"]);
    }

    #[test]
    fn names_that_are_the_same_in_text_stay_apart() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let (one, other) = (OsStr::from_bytes(b"/c/a\xff"), OsStr::from_bytes(b"/c/a\xfe"));
        let names = names(&[Path::new(one), Path::new(other)]);
        assert_eq!(names, ["c/a\u{fffd} (1)", "c/a\u{fffd} (2)"]);
    }
}
