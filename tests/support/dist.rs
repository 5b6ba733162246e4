//! The file to hand out, and a learner who has nothing else.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::course::{kernels, root, target};
use crate::run::{Finished, Labrunner};

/// What a learner does not have.
const HIDDEN: [&str; 6] = ["cargo", "rustc", "rustup", "git", "cc", "make"];

/// The file that `scripts/dist` builds; built once for a test program.
pub fn handed_out() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let done = Command::new(root().join("scripts/dist")).status().expect("scripts/dist starts");
        assert!(done.success(), "scripts/dist: {done}");
        target().join("dist/labrunner")
    })
}

/// A later file in this folder: this script of sh(1) has changed its course, in whose folder it ran. It
/// carries few programs only, so that it is packed quickly.
pub fn newer(folder: &Path, script: &str) -> PathBuf {
    let file = folder.join("newer");
    let pack = r#"
        set -eu
        footer=$(tail -c 128 "$0")
        length=$(echo "$footer" | cut -d' ' -f3)
        size=$(stat -c %s "$0")
        mkdir stage
        tail -c +$((size - 128 - length + 1)) "$0" | head -c "$length" | xz -d | tar -x -C stage
        for program in stage/programs/*; do
            case ${program##*/} in
            ch2-hello-map | probe | stimulus | labrunner-guest) ;;
            *) rm "$program" ;;
            esac
        done
        (cd stage/course && eval "$2")
        printf '9.9.9 (newer)\n4000000000\n' >stage/release
        tar -c -C stage release course programs | xz -0 >archive
        head -c $((size - 128 - length)) "$0" | cat - archive >"$1"
        digest=$(sha256sum <archive)
        printf '%-127s\n' "labrunner-course 1 $(stat -c %s archive) ${digest%% *}" >>"$1"
        chmod 755 "$1"
        rm -r stage archive
    "#;
    let done = Command::new("sh")
        .args(["-c", pack])
        .arg(handed_out())
        .arg(&file)
        .arg(script)
        .current_dir(folder)
        .status()
        .unwrap();
    assert!(done.success(), "{done}");
    file
}

/// Somebody with clang, QEMU and an empty home, who was handed the file.
pub struct Learner {
    folder: TempDir,
}

impl Default for Learner {
    fn default() -> Self {
        Self::new()
    }
}

impl Learner {
    /// Whoever has nothing yet but a kernel, which is not fetched for each test.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("a learner's ").tempdir().unwrap();
        // Others may look in, as into the temporary folder itself.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let cache = folder.path().join("home/.cache/labrunner");
        fs::create_dir_all(&cache).unwrap();
        symlink(kernels(), cache.join("kernels")).unwrap();
        Self { folder }
    }

    /// The same, with a workspace.
    pub fn with_workspace() -> Self {
        let learner = Self::new();
        let done = learner.run(["init", "work"]);
        assert_eq!(done.code, 0, "{done}");
        learner
    }

    /// A path in the folder that they work in.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file of the workspace, as text.
    pub fn read(&self, name: &str) -> String {
        let path = self.path("work").join(name);
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    /// Replaces a text in a file of the workspace, which must have it exactly once.
    pub fn replace(&self, name: &str, old: &str, new: &str) {
        let text = self.read(name);
        assert_eq!(text.matches(old).count(), 1, "{old:?} in {name}");
        fs::write(self.path("work").join(name), text.replace(old, new)).unwrap();
    }

    /// Runs the file in the folder that they work in.
    pub fn run<const N: usize>(&self, arguments: [&str; N]) -> Finished {
        self.finish(Labrunner::at(handed_out(), arguments).within(self.folder.path()))
    }

    /// Runs the file in their workspace.
    pub fn work<const N: usize>(&self, arguments: [&str; N]) -> Finished {
        self.work_with(handed_out(), arguments)
    }

    /// Runs another file in their workspace.
    pub fn work_with<const N: usize>(&self, file: &Path, arguments: [&str; N]) -> Finished {
        self.finish(Labrunner::at(file, arguments).within(&self.path("work")))
    }

    /// Runs this as they would, from their home.
    pub fn finish(&self, command: Labrunner) -> Finished {
        let (command, _path) = self.equipped(command);
        command.run()
    }

    /// In their home, with the programs that they have, which are in that folder as long as it is not dropped.
    pub fn equipped(&self, command: Labrunner) -> (Labrunner, TempDir) {
        self.at_home(command).without_programs(&HIDDEN)
    }

    /// In their home.
    pub fn at_home(&self, command: Labrunner) -> Labrunner {
        let command = command.env("HOME", self.path("home"));
        // Empty is as good as none: all is in the folders of their home.
        ["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"]
            .into_iter()
            .fold(command, |command, name| command.env(name, ""))
    }

    /// Whether each file of the workspace is as it was laid out; else which are not.
    pub fn differences(&self) -> String {
        let sums = Command::new("sha256sum")
            .args(["--check", "--quiet", ".labrunner/shipped"])
            .current_dir(self.path("work"))
            .output()
            .unwrap();
        String::from_utf8_lossy(&sums.stdout).into_owned()
    }
}
