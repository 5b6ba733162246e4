//! Small files of the learner's: TOML with the version of its format, replaced as a whole.
//!
//! One that cannot be understood never stands in the way: it is put aside, and what is in it counts as a
//! fresh start. One of a newer version is left alone, and put aside only when something is to be written.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The key of the version.
const KEY: &str = "version";

/// Reads a file of this version, and a sentence for the learner if it could not be read.
pub fn load<T: DeserializeOwned + Default>(path: &Path, version: u32) -> (T, Option<String>) {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return (T::default(), None);
        }
        Err(e) if e.kind() != ErrorKind::InvalidData => {
            return (T::default(), Some(format!("{} is ignored: {e}.", path.display())));
        }
        Err(_) => String::from("not text"),
    };
    match parse(&text, version) {
        Some(contents) => (contents, None),
        None if is_newer(&text, version) => {
            let newer = "is of a newer labrunner and ignored";
            (T::default(), Some(format!("{} {newer}.", path.display())))
        }
        None => (T::default(), Some(put_aside(path))),
    }
}

/// Changes a file of this version: reads it, and writes what `change` makes of it in its place. One
/// labrunner at a time.
///
/// # Errors
/// It cannot be written; what was there is still there then.
pub fn update<T: Serialize + DeserializeOwned + Default>(
    path: &Path,
    version: u32,
    change: impl FnOnce(&mut T),
) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    let folder = File::open(folder)?;
    // Some network file systems cannot lock a folder; that is no reason to write nothing.
    let _ = flock(&folder, FlockOperation::LockExclusive);
    if fs::read_to_string(path).is_ok_and(|text| is_newer(&text, version)) {
        fs::rename(path, aside(path))?;
    }
    let (mut contents, _) = load(path, version);
    change(&mut contents);
    write(path, &text(version, &contents)?)
}

/// The text of such a file.
///
/// # Errors
/// The contents cannot be TOML.
pub fn text<T: Serialize>(version: u32, contents: &T) -> io::Result<String> {
    let contents = toml::to_string(contents).map_err(io::Error::other)?;
    Ok(format!("{KEY} = {version}\n{contents}"))
}

/// Writes a file as a whole: it is there with all of the text, or as it was.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    let part = path.with_extension("part");
    let written = File::create(&part)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written
}

/// What such a text says; `None` if it is damaged or of another version.
pub fn parse<T: DeserializeOwned>(text: &str, version: u32) -> Option<T> {
    let mut table: toml::Table = text.parse().ok()?;
    let found = table.remove(KEY)?;
    (found.as_integer() == Some(version.into())).then(|| table.try_into().ok())?
}

/// Whether a text is of a newer version.
pub fn is_newer(text: &str, version: u32) -> bool {
    let table: Option<toml::Table> = text.parse().ok();
    let found = table.and_then(|table| table.get(KEY)?.as_integer());
    found.is_some_and(|found| found > version.into())
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
