//! What the learner has chosen once for all runs, in the user's configuration folder.
//!
//! One small file, `labrunner/settings.toml`:
//!
//! ```toml
//! version = 1
//! kernel = "6.12"
//! ```
//!
//! It is replaced as a whole. One that cannot be understood never stands in the way: it is put aside,
//! and the choices are those of a fresh start.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The version of the format that is written and understood.
const VERSION: u32 = 1;

/// The learner's choices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The kernel that labs run on where `--kernel` is not given.
    pub kernel: Option<String>,
}

/// The file's contents.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    version: u32,
    kernel: Option<String>,
}

/// The part of every version's file.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

impl Settings {
    /// Reads the settings, and a sentence for the learner if they could not be read.
    pub fn load() -> (Self, Option<String>) {
        // Without a home folder nothing was ever chosen.
        path().map_or_else(|_| Self::default().into(), |path| Self::load_from(&path))
    }

    /// Writes them in place of those that are there.
    pub fn save(&self) -> Result<(), Error> {
        let path = path()?;
        self.save_to(&path).map_err(|e| {
            Error::unable(
                format!("cannot write {}: {e}.", path.display()),
                "Name another folder for settings with XDG_CONFIG_HOME=/path, or give --kernel each \
                 time.",
            )
        })
    }

    fn load_from(path: &Path) -> (Self, Option<String>) {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Self::default().into();
            }
            Err(e) if e.kind() != ErrorKind::InvalidData => {
                return (Self::default(), Some(format!("{} is ignored: {e}.", path.display())));
            }
            Err(_) => String::from("not text"),
        };
        match toml::from_str::<Contents>(&text) {
            Ok(contents) if contents.version == VERSION => Self { kernel: contents.kernel }.into(),
            _ if is_newer(&text) => {
                let newer = "is of a newer labrunner and ignored";
                (Self::default(), Some(format!("{} {newer}.", path.display())))
            }
            _ => (Self::default(), Some(put_aside(path))),
        }
    }

    fn save_to(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().unwrap_or(path);
        fs::create_dir_all(folder)?;
        let folder = File::open(folder)?;
        // One at a time, as the file that is written has one name. Some network file systems cannot lock
        // a folder; that is no reason to write nothing.
        let _ = flock(&folder, FlockOperation::LockExclusive);
        if fs::read_to_string(path).is_ok_and(|text| is_newer(&text)) {
            fs::rename(path, aside(path))?;
        }
        let contents = Contents { version: VERSION, kernel: self.kernel.clone() };
        let text = toml::to_string(&contents).map_err(io::Error::other)?;
        let part = path.with_extension("part");
        let written = File::create(&part)
            .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&part, path));
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
        written
    }
}

impl From<Settings> for (Settings, Option<String>) {
    fn from(settings: Settings) -> Self {
        (settings, None)
    }
}

fn is_newer(text: &str) -> bool {
    toml::from_str::<Versioned>(text).is_ok_and(|file| file.version > VERSION)
}

fn aside(path: &Path) -> PathBuf {
    path.with_extension("damaged")
}

/// Renames a file that cannot be understood; the sentence tells of it.
fn put_aside(path: &Path) -> String {
    let (shown, aside) = (path.display(), aside(path));
    match fs::rename(path, &aside) {
        Ok(()) => format!(
            "{shown} could not be understood. It is now {}, and nothing is set.",
            aside.display()
        ),
        Err(_) => format!("{shown} cannot be understood and is ignored."),
    }
}

fn path() -> Result<PathBuf, Error> {
    let strategy = etcetera::base_strategy::Xdg::new().map_err(|_| {
        Error::unable(
            "There is no home folder to keep settings in.",
            "Give --kernel each time, or name a folder for settings: XDG_CONFIG_HOME=/path",
        )
    })?;
    Ok(strategy.config_dir().join("labrunner/settings.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn chosen(kernel: &str) -> Settings {
        Settings { kernel: Some(kernel.into()) }
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/settings.toml");
        assert_eq!(Settings::load_from(&path), (Settings::default(), None));
        for settings in [chosen("6.12"), chosen("a \"quoted\" one"), Settings::default()] {
            settings.save_to(&path).unwrap();
            assert_eq!(Settings::load_from(&path), (settings, None));
        }
        let names: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(names.len(), 1, "{names:?}");
    }

    #[test]
    fn a_damaged_file_is_put_aside_with_a_word_and_blocks_nothing() {
        for text in [
            &b""[..],
            b"version = 1\nkern",
            b"version = 1\nkernle = 'x'\n",
            b"\xff\xfe",
            b"version = 0\n",
        ] {
            let (_folder, path) = with(text);
            let (settings, said) = Settings::load_from(&path);
            assert_eq!(settings, Settings::default());
            assert!(said.unwrap().contains("settings.damaged"), "{text:?}");
            assert_eq!(fs::read(path.with_extension("damaged")).unwrap(), text);
            assert_eq!(Settings::load_from(&path), (Settings::default(), None));
            chosen("6.1").save_to(&path).unwrap();
            assert_eq!(Settings::load_from(&path).0, chosen("6.1"));
        }
    }

    #[test]
    fn a_file_of_a_newer_version_is_left_alone_until_something_is_chosen() {
        let text = "version = 2\nkernels = ['7']\n";
        let (_folder, path) = with(text.as_bytes());
        let (settings, said) = Settings::load_from(&path);
        assert_eq!(settings, Settings::default());
        assert!(said.unwrap().contains("newer"));
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        chosen("6.1").save_to(&path).unwrap();
        assert_eq!(fs::read_to_string(path.with_extension("damaged")).unwrap(), text);
    }

    #[test]
    fn writers_at_once_leave_one_of_theirs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let path = &path;
                scope.spawn(move || chosen(&format!("6.{writer}")).save_to(path).unwrap());
            }
        });
        let (settings, said) = Settings::load_from(&path);
        assert!(settings.kernel.unwrap().starts_with("6.") && said.is_none());
    }
}
