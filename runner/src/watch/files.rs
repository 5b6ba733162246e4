//! The files that a verdict depends on, and whether they have changed.
//!
//! What counts is what they are when they are looked at, not what an event says of them: so it does not
//! matter how an editor saves (in place, by a rename, from another folder), and nothing is missed that
//! an event did not tell.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::compile::FLAGS;
use crate::course::Lab;
use crate::expected;

/// What ends the names of the files of a lab that count. Those of editors end otherwise.
const ENDINGS: [&str; 4] = ["c", "h", "patch", "toml"];

/// How deep folders are looked into, and how many files are looked at in all: more is a mistake, such as
/// a whole project that was copied into a lab.
const DEPTH: usize = 6;
const MOST: usize = 2000;

/// What tells one state of a file from another: inode, size in bytes, and the times of the last change
/// of its contents and of anything about it, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// The files as they are at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    files: BTreeMap<PathBuf, Stamp>,
    /// The folders that tell by events when one of the files changes, comes or goes.
    pub folders: BTreeMap<PathBuf, Identity>,
}

/// What tells a folder from one that was made in its place: its inode, whose number may be given again, and
/// when it was made, where the file system knows that.
pub type Identity = (u64, Option<SystemTime>);

impl Seen {
    /// Looks at all that the verdict on a lab depends on: the lab's folder, the headers and clang's
    /// options, the Rust side, and what is expected.
    pub fn now(root: &Path, lab: &Lab) -> Self {
        let mut seen = Self::default();
        let folder = root.join(&lab.folder);
        // Even if the folder is gone: those above it tell when it comes back.
        for above in folder.ancestors().skip(1).take_while(|above| above.starts_with(root)) {
            seen.note_folder(above);
        }
        let source = |path: &Path| has_ending(path, &ENDINGS);
        seen.add_below(&folder, DEPTH, &source);
        if lab.collection().is_some() {
            // What the labs of a collection share.
            seen.add_below(folder.parent().unwrap_or(root), 0, &|path| has_ending(path, &["h"]));
        }
        seen.add_below(&root.join("labs-bpf/include"), DEPTH, &|path| has_ending(path, &["h"]));
        seen.add(&root.join(FLAGS));
        seen.add_rust(&root.join("labs"), lab);
        let snapshots = format!("{}+", lab.stem());
        let (plain, broken) = (format!("{}.", lab.stem()), format!("{}@", lab.stem()));
        seen.add_below(&root.join(expected::FOLDER), 0, &|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let begins = [&snapshots, &plain, &broken].into_iter().any(|b| name.starts_with(b));
            begins && has_ending(path, &["snap"])
        });
        seen
    }

    /// The programs of a lab: its own, and what all have in common.
    fn add_rust(&mut self, labs: &Path, lab: &Lab) {
        let rust = |path: &Path| has_ending(path, &["rs"]);
        self.add(&labs.join("Cargo.toml"));
        self.add(&labs.join("build.rs"));
        self.add_below(&labs.join("src"), 0, &rust);
        let programs = labs.join("src/bin");
        self.note_folder(&programs);
        for name in [lab.binary().as_str(), "stimulus", "probe"] {
            self.add(&programs.join(format!("{name}.rs")));
            self.add_below(&programs.join(name), DEPTH, &rust);
        }
    }

    /// The files in a folder and, so many levels, below it. Links to folders are not followed: they may
    /// lead in circles.
    fn add_below(&mut self, folder: &Path, depth: usize, wanted: &dyn Fn(&Path) -> bool) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        self.note_folder(folder);
        for entry in entries.flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth > 0 => self.add_below(&path, depth - 1, wanted),
                Ok(kind) if !kind.is_dir() && wanted(&path) => self.add(&path),
                _ => {}
            }
        }
    }

    /// A file, if it is there. A link stands for what it leads to, whose folder tells of changes, too.
    fn add(&mut self, path: &Path) {
        let Ok(metadata) = fs::metadata(path) else { return };
        if metadata.is_dir() || self.files.len() >= MOST {
            return;
        }
        if path.is_symlink()
            && let Some(folder) = path.canonicalize().ok().as_deref().and_then(Path::parent)
        {
            self.note_folder(folder);
        }
        self.files.insert(path.into(), Stamp::of(&metadata));
    }

    fn note_folder(&mut self, folder: &Path) {
        if let Ok(metadata) = fs::metadata(folder) {
            self.folders.insert(folder.into(), identity(&metadata));
        }
    }

    /// The files that have changed, come or gone since an earlier look.
    pub fn changed_since(&self, before: &Self) -> BTreeSet<PathBuf> {
        let names = self.files.keys().chain(before.files.keys());
        names.filter(|name| self.files.get(*name) != before.files.get(*name)).cloned().collect()
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// What tells it from another folder of the same name.
pub fn identity(metadata: &Metadata) -> Identity {
    (metadata.ino(), metadata.created().ok())
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let ending = path.extension().and_then(|ending| ending.to_str());
    !hidden && ending.is_some_and(|ending| endings.contains(&ending))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::course::Course;

    const SOURCE: &str = "labs-bpf/ch2/hello-map/hello-map.bpf.c";

    /// A course with one lab, and that lab.
    fn course() -> (tempfile::TempDir, Lab) {
        let real = Course::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for file in [SOURCE, "labs/src/lib.rs", "labs/src/bin/ch2-hello-map.rs", FLAGS] {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "text").unwrap();
        }
        (folder, real.lab("hello-map", None).unwrap().clone())
    }

    /// The names of the files that an action changes.
    fn changed_by(root: &Path, lab: &Lab, action: impl FnOnce(&Path)) -> Vec<String> {
        let before = Seen::now(root, lab);
        action(root);
        let changed = Seen::now(root, lab).changed_since(&before);
        let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        changed.iter().map(name).collect()
    }

    #[test]
    fn every_way_to_save_is_a_change() {
        let (folder, lab) = course();
        let changed = |action: &dyn Fn(&Path)| {
            changed_by(folder.path(), &lab, |root| action(&root.join(SOURCE)))
        };
        let source = ["hello-map.bpf.c"];
        assert_eq!(changed(&|path| fs::write(path, "other").unwrap()), source);
        assert_eq!(changed(&|path| fs::write(path, "equal").unwrap()), source, "the same size");
        assert_eq!(
            changed(&|path| {
                let beside = path.with_extension("new");
                fs::write(&beside, "equal").unwrap();
                fs::rename(beside, path).unwrap();
            }),
            source
        );
        assert_eq!(
            changed(&|path| {
                let time = fs::metadata(path).unwrap().modified().unwrap();
                fs::write(path, "EQUAL").unwrap();
                File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
            }),
            source,
            "the time of change put back"
        );
        assert_eq!(changed(&|path| fs::remove_file(path).unwrap()), source);
    }

    #[test]
    fn headers_manifest_and_the_rust_side_count_and_what_editors_leave_does_not() {
        let (folder, lab) = course();
        for (file, counts) in [
            ("labs-bpf/ch2/hello-map/own.h", true),
            ("labs-bpf/ch2/hello-map/lab.toml", true),
            ("labs-bpf/ch2/hello-map/more/own.h", true),
            ("labs-bpf/include/net.h", true),
            ("labs-bpf/clang.flags", true),
            ("labs/src/bin/ch2-hello-map.rs", true),
            ("labs/src/lib.rs", true),
            ("tests/snapshots/ch2-hello-map.snap", true),
            ("tests/snapshots/ch2-hello-map+gid.snap", true),
            ("tests/snapshots/ch2-hello-map-two.snap", false),
            ("labs/src/bin/ch2-hello.rs", false),
            ("labs-bpf/ch2/hello/hello.bpf.c", false),
            ("labs-bpf/ch2/hello-map/.hello-map.bpf.c.swp", false),
            ("labs-bpf/ch2/hello-map/.#hello-map.bpf.c", false),
            ("labs-bpf/ch2/hello-map/hello-map.bpf.c~", false),
            ("labs-bpf/ch2/hello-map/4913", false),
        ] {
            let changed = changed_by(folder.path(), &lab, |root| {
                fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
                fs::write(root.join(file), "another text").unwrap();
            });
            assert_eq!(!changed.is_empty(), counts, "{file}: {changed:?}");
        }
    }

    #[test]
    fn links_that_lead_in_circles_do_no_harm_and_linked_files_count() {
        let (folder, lab) = course();
        let inside = folder.path().join("labs-bpf/ch2/hello-map");
        let elsewhere = tempfile::tempdir().unwrap();
        let header = elsewhere.path().join("linked.h");
        fs::write(&header, "1").unwrap();
        symlink(".", inside.join("again")).unwrap();
        symlink("self.h", inside.join("self.h")).unwrap();
        symlink(&header, inside.join("linked.h")).unwrap();
        let changed = changed_by(folder.path(), &lab, |_| fs::write(&header, "22").unwrap());
        assert_eq!(changed, ["linked.h"]);
        let real = elsewhere.path().canonicalize().unwrap();
        assert!(Seen::now(folder.path(), &lab).folders.contains_key(&real));
    }

    #[test]
    fn the_folders_above_tell_when_the_lab_comes_back() {
        let (folder, lab) = course();
        fs::remove_dir_all(folder.path().join("labs-bpf/ch2")).unwrap();
        let seen = Seen::now(folder.path(), &lab);
        assert!(seen.folders.contains_key(&folder.path().join("labs-bpf")), "{seen:?}");
        let changed = changed_by(folder.path(), &lab, |root| {
            fs::create_dir_all(root.join(SOURCE).parent().unwrap()).unwrap();
            fs::write(root.join(SOURCE), "text").unwrap();
        });
        assert_eq!(changed, ["hello-map.bpf.c"]);
    }
}
