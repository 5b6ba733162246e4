//! The course on disk: the real one, and copies that a test may change.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

/// The folder of the course.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the course's folder")
}

/// Whether a user played by this command, such as `setpriv --reuid 1000 …`, can read the course and
/// run what was built: not where the clone is in a folder of root's.
pub fn readable_as(user: &[&str]) -> bool {
    let test = "test -r \"$0\" && test -x \"$1\"";
    Command::new(user[0])
        .args(&user[1..])
        .args(["sh", "-c", test])
        .arg(root().join("Cargo.toml"))
        .arg(labrunner())
        .status()
        .is_ok_and(|status| status.success())
}

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// `x86_64-unknown-linux-gnu`.
fn triple() -> String {
    format!("{}-unknown-linux-gnu", std::env::consts::ARCH)
}

/// The `labrunner` of this checkout, and beside it everything that it runs; built once for a test
/// program.
pub fn labrunner() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        cargo(&["build", "--release", "--package", "labrunner"]);
        target().join("release").join("labrunner")
    })
}

/// The static program that misbehaves.
pub fn misbehave() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let triple = triple();
        cargo(&[
            "build",
            "--release",
            "--config",
            "labs/static.toml",
            "--target",
            &triple,
            "--package",
            "course-tests",
            "--bin",
            "misbehave",
        ]);
        target().join(triple).join("release").join("misbehave")
    })
}

/// A program that labs need, where the real course has it.
pub fn built(name: &str) -> PathBuf {
    target().join(triple()).join("release").join(name)
}

/// Has `labrunner` build what labs need.
fn build_programs() {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let arguments = ["ch6", "hello-verifier", "--on", "host", "--show-commands"];
        let done = crate::Labrunner::new(arguments).run();
        assert_eq!(done.code, 0, "{done}");
    });
}

/// Has `labrunner` build the program that makes the book.
fn build_book_program() {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("book");
        let done = crate::Labrunner::new(["book", "--build", "--dest"]).and(&to).run();
        assert!(to.join("index.html").is_file(), "{done}");
    });
}

/// The names of the programs that labs need, and of the labs.
fn programs() -> Vec<String> {
    let sources = fs::read_dir(root().join("labs/src/bin")).unwrap();
    let stem = |path: PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    let names = sources.map(|entry| stem(entry.unwrap().path()));
    names.chain(["labrunner-guest".to_string()]).collect()
}

fn cargo(arguments: &[&str]) {
    let status = Command::new("cargo").args(arguments).current_dir(root()).status();
    assert!(status.expect("cargo starts").success(), "cargo {arguments:?}");
}

/// The folder of kernels in the cache of whoever runs the tests, filled by a first run.
pub fn kernels() -> PathBuf {
    static FILLED: OnceLock<PathBuf> = OnceLock::new();
    FILLED
        .get_or_init(|| {
            let done = crate::Labrunner::new(["ch2", "hello-map"]).run();
            assert_eq!(done.code, 0, "{done}");
            let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
            let home = || PathBuf::from(std::env::var_os("HOME").expect("HOME")).join(".cache");
            cache.unwrap_or_else(home).join("labrunner/kernels")
        })
        .clone()
}

/// A copy of what a learner edits. The rest of the course is linked to, so nothing is built again.
pub struct CourseCopy {
    folder: TempDir,
}

impl Default for CourseCopy {
    fn default() -> Self {
        Self::new()
    }
}

impl CourseCopy {
    /// Copies the course.
    pub fn new() -> Self {
        // A path with a space and a quote in it finds mistakes that another would not.
        let folder = tempfile::Builder::new().prefix("the learner's ").tempdir().unwrap();
        let to = folder.path();
        copy_folder(&root().join("labs-bpf"), &to.join("labs-bpf"));
        for name in ["Cargo.toml", "Cargo.lock", "labs", "runner", "tests"] {
            symlink(root().join(name), to.join(name)).unwrap();
        }
        symlink(target(), to.join("target")).unwrap();
        Self { folder }
    }

    /// A copy with the book, and with a build folder of its own, in which the program that makes the book
    /// is linked to.
    pub fn with_book() -> Self {
        // First: what they lay out beside their sources is copied, too.
        build_programs();
        build_book_program();
        let copy = Self::new();
        copy_folder(&root().join("book"), &copy.path().join("book"));
        let target = copy.path().join("target");
        fs::remove_file(&target).unwrap();
        fs::create_dir(&target).unwrap();
        for name in ["workbook", &triple()] {
            symlink(self::target().join(name), target.join(name)).unwrap();
        }
        copy
    }

    /// A copy with a build folder of its own, in which the built programs are linked to.
    pub fn with_own_programs() -> Self {
        let copy = Self::new();
        build_programs();
        fs::remove_file(copy.path().join("target")).unwrap();
        fs::create_dir_all(copy.programs()).unwrap();
        for name in programs() {
            symlink(built(&name), copy.programs().join(name)).unwrap();
        }
        fs::write(copy.programs().join(".labrunner-built"), "").unwrap();
        copy
    }

    /// A copy of all that a lab is made of, in which programs can be added and built.
    pub fn whole() -> Self {
        let folder = tempfile::Builder::new().prefix("teacher-").tempdir().unwrap();
        let to = folder.path();
        for name in ["labs-bpf", "labs", "book", "runner", "tests", "scripts"] {
            copy_folder(&root().join(name), &to.join(name));
        }
        for name in ["Cargo.toml", "Cargo.lock", "rustfmt.toml", "clippy.toml"] {
            fs::copy(root().join(name), to.join(name)).unwrap();
        }
        // Not in the real one, whose programs are of the real course.
        let built = target().join("whole-copy");
        fs::create_dir_all(&built).unwrap();
        symlink(built, to.join("target")).unwrap();
        Self { folder }
    }

    /// A copy in which `ch2 hello-map` is a program that does nothing but misbehave in this way.
    pub fn with_misbehaving_lab(how: &str) -> Self {
        Self::with_lab_that(&format!("[{how:?}]"))
    }

    /// The same with further words for that program, as a list of TOML; the way is the last.
    pub fn with_lab_that(how: &str) -> Self {
        let copy = Self::with_own_programs();
        fs::remove_file(copy.programs().join("ch2-hello-map")).unwrap();
        symlink(misbehave(), copy.programs().join("ch2-hello-map")).unwrap();
        copy.replace("labs-bpf/ch2/hello-map/lab.toml", r#"["--every", "0"]"#, how);
        copy
    }

    /// Where the copy's lab binaries are.
    pub fn programs(&self) -> PathBuf {
        self.path().join("target").join(triple()).join("release")
    }

    /// The folder of the copy.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The number of the one line of a file that has this text, from 1.
    pub fn line_of(&self, file: &str, text: &str) -> usize {
        let contents = fs::read_to_string(self.path().join(file)).unwrap();
        let lines = contents.lines().enumerate().filter(|(_, line)| line.contains(text));
        let [(index, _)] = lines.collect::<Vec<_>>()[..] else { panic!("{text:?} in {file}") };
        index + 1
    }

    /// Replaces a text in a file, which must have it exactly once.
    pub fn replace(&self, file: &str, old: &str, new: &str) {
        let path = self.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(old).count(), 1, "{old:?} in {file}");
        fs::write(path, text.replace(old, new)).unwrap();
    }
}

/// Copies a folder; files and folders keep their times, or they would count as changed.
fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
            keep_time(&entry.path(), &target);
        }
    }
    keep_time(from, to);
}

fn keep_time(from: &Path, to: &Path) {
    let time = fs::metadata(from).unwrap().modified().unwrap();
    fs::File::open(to).unwrap().set_modified(time).unwrap();
}
