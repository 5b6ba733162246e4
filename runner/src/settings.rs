//! What the learner has chosen once for all runs, in the user's configuration folder.
//!
//! One small file, `labrunner/settings.toml`:
//!
//! ```toml
//! version = 1
//! kernel = "6.12"
//! ```
//!
//! One that cannot be understood never stands in the way: see [`versioned`].

use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::versioned;

/// The version of the format that is written and understood.
const VERSION: u32 = 1;

/// The learner's choices.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The kernel that labs run on where `--kernel` is not given.
    pub kernel: Option<String>,
}

impl Settings {
    /// Reads the settings, and a sentence for the learner if they could not be read.
    pub fn load() -> (Self, Option<String>) {
        // Without a home folder nothing was ever chosen.
        path().map_or_else(|_| (Self::default(), None), |path| Self::load_from(&path))
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
        versioned::load(path, VERSION)
    }

    fn save_to(&self, path: &Path) -> io::Result<()> {
        versioned::update(path, VERSION, |settings| *settings = self.clone())
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
    use std::fs;

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
