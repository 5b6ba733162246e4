//! Programs that stand in for those of the machine.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder of scripts that are found before the machine's programs. Every user can read and write it.
pub struct Fakes {
    folder: TempDir,
}

impl Default for Fakes {
    fn default() -> Self {
        Self::new()
    }
}

impl Fakes {
    /// Without a program yet.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
        Self { folder }
    }

    /// With a program: a script of sh(1). `HERE` in it stands for the folder; each start is logged
    /// with its arguments.
    pub fn with(self, name: &str, script: &str) -> Self {
        let here = self.path().display().to_string();
        let log = format!("echo {name} \"$@\" >>{here}/log");
        let path = self.path().join(name);
        let script = script.replace("HERE", &here);
        fs::write(&path, format!("#!/bin/sh\n{log}\n{script}\n")).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A `PATH` on which these programs come first.
    pub fn search_path(&self) -> String {
        let paths = std::env::var("PATH").unwrap();
        format!("{}:{paths}", self.path().display())
    }

    /// A file that a program wrote.
    pub fn file(&self, name: &str) -> String {
        let path: PathBuf = self.path().join(name);
        fs::read_to_string(path).unwrap_or_default()
    }

    /// What was started: a line each.
    pub fn log(&self) -> String {
        self.file("log")
    }
}
