//! The folder of a built book: made aside, then put in place as a whole.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use rustix::fs::{CWD, FlockOperation, RenameFlags, flock, renameat_with};

/// A file in each built book: by it a folder is known as one that may be replaced, and its time tells
/// when the build began.
pub(crate) const MARK: &str = ".workbook";

/// A book that is being built beside its destination. It is in place after [`Site::publish`].
#[derive(Debug)]
pub(crate) struct Site {
    destination: PathBuf,
    aside: PathBuf,
    begun: SystemTime,
    /// Held while the book is built: one build of a destination at a time.
    _turn: File,
}

impl Site {
    /// A fresh folder beside the destination. What a build that was killed has left there is removed.
    ///
    /// # Errors
    /// The destination is a folder of something else, or its parent cannot be written.
    pub(crate) fn begin(destination: &Path) -> Result<Self> {
        let destination = std::path::absolute(destination)
            .with_context(|| format!("{} is no place for a book", destination.display()))?;
        let (Some(parent), Some(name)) = (destination.parent(), destination.file_name()) else {
            bail!("{} is no place for a book: it has no name", destination.display());
        };
        refuse_others(&destination)?;
        fs::create_dir_all(parent)
            .with_context(|| format!("cannot make the folder {}", parent.display()))?;
        let turn =
            File::open(parent).with_context(|| format!("cannot read {}", parent.display()))?;
        // Some network file systems cannot lock a folder: then nobody has to wait.
        let _ = flock(&turn, FlockOperation::LockExclusive);
        let mut aside = OsString::from(name);
        aside.push(".new");
        let aside = parent.join(aside);
        remove(&aside)?;
        fs::create_dir(&aside)
            .with_context(|| format!("cannot make the folder {}", aside.display()))?;
        Ok(Self { destination, aside, begun: SystemTime::now(), _turn: turn })
    }

    /// Where to build the pages of a language; `None` is the book's own.
    pub(crate) fn pages(&self, tag: Option<&str>) -> PathBuf {
        self.aside.join(tag.map_or_else(|| "site".into(), |tag| format!("in-{tag}")))
    }

    /// Puts the pages of a language below those of the book itself.
    pub(crate) fn put_below(&self, tag: &str) -> Result<PathBuf> {
        let below = self.pages(None).join(tag);
        if below.exists() {
            bail!("the book has a folder `{tag}` of its own, so it cannot have that language");
        }
        fs::rename(self.pages(Some(tag)), &below)
            .with_context(|| format!("cannot move the pages to {}", below.display()))?;
        Ok(below)
    }

    /// Puts the book in place of what was there, in one step where the file system can do that.
    pub(crate) fn publish(self) -> Result<()> {
        let site = self.pages(None);
        let mark = site.join(MARK);
        File::create(&mark)
            .and_then(|file| file.set_modified(self.begun))
            .with_context(|| format!("cannot write {}", mark.display()))?;
        let exchanged =
            renameat_with(CWD, &site, CWD, &self.destination, RenameFlags::EXCHANGE).is_ok();
        if !exchanged {
            remove(&self.destination)?;
            fs::rename(&site, &self.destination)
                .with_context(|| format!("cannot write {}", self.destination.display()))?;
        }
        // What is left is the book before this one. If it stays, the next build removes it.
        let _ = fs::remove_dir_all(&self.aside);
        Ok(())
    }
}

impl Drop for Site {
    /// After a build that failed; after one that did not, nothing is there any more.
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.aside);
    }
}

/// Only an empty folder or a built book is replaced. Books that mdBook built have a `.nojekyll`.
fn refuse_others(destination: &Path) -> Result<()> {
    let shown = destination.display();
    match fs::read_dir(destination) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        Err(e) => bail!("{shown} cannot be replaced by the book: {e}"),
        Ok(mut entries) => {
            let ours = [MARK, ".nojekyll"].iter().any(|name| destination.join(name).is_file());
            if entries.next().is_some() && !ours {
                bail!("{shown} is not empty, and what is in it is no book: name another folder");
            }
            Ok(())
        }
    }
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != ErrorKind::NotFound => {
            Err(e).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// The pages below a folder, relative to it and sorted; folders of that name are left out.
pub(crate) fn pages(folder: &Path, except: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inside) = folders.pop() {
        let path = folder.join(&inside);
        let entries =
            fs::read_dir(&path).with_context(|| format!("cannot read {}", path.display()))?;
        for entry in entries.flatten() {
            let relative = inside.join(entry.file_name());
            if entry.path().is_dir() {
                if !except.iter().any(|name| relative == Path::new(name)) {
                    folders.push(relative);
                }
            } else if relative.extension().is_some_and(|extension| extension == "html") {
                found.push(relative);
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publish(destination: &Path, page: &str) {
        let site = Site::begin(destination).unwrap();
        fs::create_dir(site.pages(None)).unwrap();
        fs::write(site.pages(None).join("index.html"), page).unwrap();
        site.publish().unwrap();
    }

    #[test]
    fn one_book_takes_the_place_of_another_and_nothing_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let destination = folder.path().join("deep/book");
        for page in ["first", "second"] {
            publish(&destination, page);
            assert_eq!(fs::read_to_string(destination.join("index.html")).unwrap(), page);
            assert_eq!(fs::read_dir(folder.path().join("deep")).unwrap().count(), 1);
        }
        // A build that fails, after one that was killed.
        fs::create_dir(folder.path().join("deep/book.new")).unwrap();
        drop(Site::begin(&destination).unwrap());
        assert_eq!(fs::read_to_string(destination.join("index.html")).unwrap(), "second");
        assert_eq!(fs::read_dir(folder.path().join("deep")).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_of_something_else_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("letter.txt"), "dear").unwrap();
        let said = Site::begin(folder.path()).unwrap_err().to_string();
        assert!(said.contains("is no book"), "{said}");
        assert!(folder.path().join("letter.txt").exists());
    }
}
