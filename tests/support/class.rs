//! A class of learners and what they have handed in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::course::root;
use crate::run::{Finished, Labrunner};

/// Submissions, each in a folder of its own, and a folder for their results.
pub struct Class {
    folder: TempDir,
}

impl Default for Class {
    fn default() -> Self {
        Self::new()
    }
}

impl Class {
    /// Nobody has handed in anything yet.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("a teacher's ").tempdir().unwrap();
        fs::create_dir(folder.path().join("class")).unwrap();
        Self { folder }
    }

    /// The folder that the submissions are in.
    pub fn submissions(&self) -> PathBuf {
        self.path("class")
    }

    /// A path beside the submissions.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A path in a submission, whose folders are made.
    pub fn of(&self, learner: &str, path: &str) -> PathBuf {
        let path = self.submissions().join(learner).join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    /// Hands in a text.
    pub fn put(&self, learner: &str, path: &str, text: impl AsRef<[u8]>) {
        fs::write(self.of(learner, path), text).unwrap();
    }

    /// `labrunner grade` of the class on 6.1, two machines at a time.
    pub fn command(&self, words: &[&str]) -> Labrunner {
        let (class, out) = (self.submissions(), self.path("grades"));
        let fixed = ["--kernel", "6.1", "--jobs", "2", "--out"].map(str::to_string);
        let mut arguments = vec!["grade".to_string()];
        arguments.extend(fixed);
        arguments.push(out.display().to_string());
        arguments.extend(words.iter().map(|word| word.to_string()));
        arguments.push(class.display().to_string());
        Labrunner::new(arguments)
    }

    /// Runs that to its end.
    pub fn grade(&self, words: &[&str]) -> Finished {
        self.command(words).run()
    }

    /// A file of results.
    pub fn result(&self, name: &str) -> String {
        let path = self.path("grades").join(name);
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    /// All results: `alice ch2/hello-map:gid pass`, and the message.
    pub fn results(&self) -> Vec<(String, String)> {
        results(&self.path("grades"))
    }

    /// The result of a learner who has one: the verdict with its stage, and the message.
    pub fn verdict(&self, learner: &str) -> (String, String) {
        let document: Value = serde_json::from_str(&self.result("results.json")).unwrap();
        let submissions = document["submissions"].as_array().unwrap();
        let own = submissions.iter().find(|submission| submission["submission"] == learner);
        let own = own.unwrap_or_else(|| panic!("{learner} in {document}"));
        let [row] = &own["results"].as_array().unwrap()[..] else { panic!("{own}") };
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_string();
        let stage = text("stage");
        let at = if stage.is_empty() { String::new() } else { format!(" at {stage}") };
        (text("verdict") + &at, text("message"))
    }
}

/// All results in a folder of them.
pub fn results(folder: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(folder.join("results.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let rows = document["submissions"].as_array().unwrap().iter();
    let rows = rows.flat_map(|submission| submission["results"].as_array().unwrap());
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_string();
    rows.map(|row| {
        let parts = ["submission", "task", "verdict"].map(|name| text(row, name));
        (parts.join(" "), text(row, "message"))
    })
    .collect()
}

/// The source of `ch2 hello-map`, with one of the course's own edits if one is named.
pub fn hello_map(patch: Option<&str>) -> String {
    let lab = root().join("labs-bpf/ch2/hello-map");
    let source = lab.join("hello-map.bpf.c");
    let Some(patch) = patch else { return fs::read_to_string(source).unwrap() };
    let mut command = Command::new("patch");
    let done = command.args(["--quiet", "--output=-"]).arg(&source).arg(lab.join(patch)).output();
    let done = done.expect("patch is installed");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}
