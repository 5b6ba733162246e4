//! The files of the labs as the course ships them, whatever the learner has made of them since.
//!
//! In a workspace, the labrunner that has laid it out carries them. In a clone, git knows them: what the
//! branch has in common with the one that it follows, or its last commit where it follows none. So work that
//! the learner has committed does not count as shipped.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use crate::child;
use crate::course::{Course, Lab};
use crate::error::Error;
use crate::workspace::Workspace;

/// How long git may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the course ships.
#[derive(Debug, Clone)]
pub struct Shipped {
    root: PathBuf,
    source: Source,
}

/// Where it is.
#[derive(Debug, Clone)]
enum Source {
    /// In this commit, as git names it.
    Commit(String),
    /// In this folder, as it was laid out in the workspace.
    Carried(PathBuf, Workspace),
}

impl Shipped {
    /// Finds out what the course was shipped as; `say` is told what takes more than a moment.
    ///
    /// # Errors
    /// The course's folder is neither a clone nor a workspace of this labrunner, or there is no git.
    pub fn find(course: &Course, say: &mut dyn FnMut(&str)) -> Result<Self, Error> {
        let root = course.root.clone();
        if let Some(workspace) = Workspace::of(&root)? {
            let unpacked = workspace.carried(say)?.ok_or_else(|| carries_nothing(&root))?;
            return Ok(Self { root, source: Source::Carried(unpacked.course(), workspace) });
        }
        let ours = |other| git(&root, &["merge-base", "HEAD", other]);
        let commit = ours("@{upstream}")
            .or_else(|_| ours("origin/HEAD"))
            .or_else(|_| git(&root, &["rev-parse", "HEAD"]))
            .map_err(|said| {
                Error::unable(
                    format!("What the course shipped cannot be told: git says: {said}"),
                    "It is read from the clone's own history. Clone the course with git, and run this \
                     there.",
                )
            })?;
        Ok(Self { root, source: Source::Commit(text(commit).trim().into()) })
    }

    /// A file as it was shipped; its path is relative to the course's root.
    pub fn file(&self, path: &Path) -> Result<Vec<u8>, Error> {
        let (read, who) = match &self.source {
            Source::Commit(commit) => {
                (git(&self.root, &["show", &format!("{commit}:./{}", path.display())]), "git")
            }
            Source::Carried(folder, _) => {
                (fs::read(folder.join(path)).map_err(|e| e.to_string()), "the system")
            }
        };
        read.map_err(|said| {
            Error::Usage(format!(
                "{} is not part of the course: {who} says: {said}",
                path.display()
            ))
        })
    }

    /// A file as it was shipped, which is text.
    pub fn text(&self, path: &Path) -> Result<String, Error> {
        Ok(text(self.file(path)?))
    }

    /// The files of this lab that are other than shipped, or gone; relative to the course's root. What the
    /// learner has added is not among them.
    pub fn changed(&self, lab: &Lab) -> Result<Vec<PathBuf>, Error> {
        self.changed_in(&paths(lab))
    }

    /// The same of all labs, also of those that are not there any more.
    pub fn changed_in_all(&self) -> Result<Vec<PathBuf>, Error> {
        self.changed_in(&["labs-bpf".into(), "labs/src".into()])
    }

    /// The files of a lab whose folder is gone, so that the course does not know it any more. None if there
    /// has never been such a lab.
    pub fn gone(&self, chapter: &str, lab: &str) -> Result<Vec<PathBuf>, Error> {
        let folder = Path::new("labs-bpf").join(chapter).join(lab);
        let is_plain = |part| matches!(part, Component::Normal(_));
        if !folder.components().all(is_plain) || self.root.join(&folder).join("lab.toml").exists() {
            return Ok(Vec::new());
        }
        self.changed_in(&[folder.display().to_string()])
    }

    fn changed_in(&self, paths: &[String]) -> Result<Vec<PathBuf>, Error> {
        let commit = match &self.source {
            Source::Commit(commit) => commit,
            Source::Carried(_, workspace) => {
                let shipped = workspace.shipped()?;
                let is_below = |path: &PathBuf| paths.iter().any(|top| path.starts_with(top));
                return workspace.changed(shipped.iter().filter(|(path, _)| is_below(path)));
            }
        };
        let mut words = vec!["diff", "--name-only", "-z", "--relative", commit, "--"];
        words.extend(paths.iter().map(String::as_str));
        let names = git(&self.root, &words)
            .map_err(|said| Error::Usage(format!("git cannot compare the files: {said}")))?;
        let names = text(names);
        Ok(names.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect())
    }
}

/// Where the files of a lab are: its folder, and the Rust side.
fn paths(lab: &Lab) -> [String; 3] {
    let program = format!("labs/src/bin/{}", lab.binary());
    [lab.folder.display().to_string(), format!("{program}.rs"), program]
}

fn carries_nothing(root: &Path) -> Error {
    Error::unable(
        format!(
            "What the course shipped cannot be told: {} was laid out by a labrunner that carries it, and \
             this one was built in a clone.",
            root.display()
        ),
        "Use the one that laid it out.",
    )
}

/// What git prints; else what it complains of, in a line.
fn git(root: &Path, words: &[&str]) -> Result<Vec<u8>, String> {
    let mut command = child::tied("git").map_err(|e| e.to_string())?;
    command.arg("-C").arg(root).args(words);
    // Set where git itself runs us, in a hook; they would name another repository.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    let done = child::run_within(&mut command, PATIENCE).map_err(|e| e.to_string())?;
    let Some(output) = done else { return Err("nothing, for 30 seconds".into()) };
    match output.status.code() {
        Some(0) => Ok(output.stdout),
        Some(127) => Err("that it is not installed (sudo apt-get install git)".into()),
        _ => Err(output.stderr.lines().next().unwrap_or("nothing").to_string()),
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}
