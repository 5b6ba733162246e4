//! A learner's cache and settings of one test, and a kernel's files to add.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::course::kernels;
use crate::run::{Finished, Labrunner};

/// A learner's empty cache and configuration, and the files of a kernel under names of one's own.
pub struct Place {
    folder: TempDir,
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

impl Place {
    /// Nothing but the files of a kernel.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let known = kernels().join("6.1");
        fs::copy(known.join("vmlinuz"), folder.path().join("my image")).unwrap();
        fs::copy(known.join("config"), folder.path().join("my.config")).unwrap();
        Self { folder }
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same as text.
    pub fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// The `labrunner` that is at home here.
    pub fn command(&self, arguments: &[&str]) -> Labrunner {
        self.at_home(Labrunner::new(arguments))
    }

    fn at_home(&self, command: Labrunner) -> Labrunner {
        command
            .env("LABRUNNER_CACHE", self.path("cache"))
            .env("XDG_CONFIG_HOME", self.path("settings"))
    }

    /// Runs it with these arguments.
    pub fn run(&self, arguments: &[&str]) -> Finished {
        self.command(arguments).run()
    }

    /// In a namespace in which this script was run first.
    pub fn run_after(&self, namespace: &str, script: &str, arguments: &[&str]) -> Finished {
        let own = if rustix::process::geteuid().is_root() { "-m" } else { "-rm" };
        let script = format!("{script} && exec \"$0\" \"$@\"");
        let wrapper: Vec<&str> = ["unshare", own, namespace, "sh", "-c", &script]
            .into_iter()
            .filter(|word| !word.is_empty())
            .collect();
        self.at_home(Labrunner::through(&wrapper, arguments)).run()
    }

    /// The arguments that add the kernel's files under this name.
    pub fn adding(&self, name: &str) -> Vec<String> {
        let modules = kernels().join("6.1/modules").display().to_string();
        let (image, config) = (self.text("my image"), self.text("my.config"));
        let words = ["kernel", "add", "--image", &image, "--config", &config];
        let more = ["--modules", &modules, "--name", name];
        words.iter().chain(&more).map(|word| word.to_string()).collect()
    }

    /// Adds the kernel's files under this name.
    pub fn add(&self, name: &str) -> Finished {
        let words = self.adding(name);
        self.run(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// What is in a folder of the cache, sorted.
    pub fn cached(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path("cache").join(folder)) else { return vec![] };
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| !name.ends_with(".lock"));
        names.sort();
        names
    }
}
