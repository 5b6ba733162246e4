//! Tells when the book has changed.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use notify::{Config, Event, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};

use crate::{config, language};

/// A change often comes as many: an editor writes a file aside and renames it, git changes a hundred.
/// They have come to an end when it has been quiet for this long …
const QUIET: Duration = Duration::from_millis(120);

/// … or after so long in any case.
const AT_MOST: Duration = Duration::from_secs(2);

/// How often files are looked at where the system cannot tell of changes.
const POLL: Duration = Duration::from_millis(1500);

/// The changes of a book, from [`Changes::watch`] on.
pub(super) struct Changes {
    told: Receiver<()>,
    _watcher: Box<dyn Watcher + Send>,
}

impl Changes {
    /// Begins to watch: told by the system, or where it cannot tell (too many watches, some network file
    /// systems), by looking.
    pub(super) fn watch(root: &Path) -> Result<Self> {
        let (sender, told) = mpsc::channel();
        let folders = folders(root);
        let by_system = RecommendedWatcher::new(teller(&sender), Config::default());
        let by_system = by_system.and_then(|mut watcher| {
            add(&mut watcher, &folders)?;
            Ok(watcher)
        });
        if let Ok(watcher) = by_system {
            return Ok(Self { told, _watcher: Box::new(watcher) });
        }
        let looking = Config::default().with_poll_interval(POLL);
        let mut watcher = PollWatcher::new(teller(&sender), looking)?;
        add(&mut watcher, &folders).context("cannot watch the book for changes")?;
        Ok(Self { told, _watcher: Box::new(watcher) })
    }

    /// Waits until something has changed and nothing changes any more; `false` if nothing ever will.
    pub(super) fn wait(&self) -> bool {
        if self.told.recv().is_err() {
            return false;
        }
        let begun = Instant::now();
        while begun.elapsed() < AT_MOST {
            if let Err(quiet) = self.told.recv_timeout(QUIET) {
                return quiet == RecvTimeoutError::Timeout;
            }
        }
        true
    }
}

fn add(watcher: &mut dyn Watcher, folders: &[(PathBuf, RecursiveMode)]) -> notify::Result<()> {
    folders.iter().try_for_each(|(folder, mode)| watcher.watch(folder, *mode))
}

/// Reading is no change; all else counts, also what the watcher itself could not tell apart.
fn teller(sender: &Sender<()>) -> impl Fn(notify::Result<Event>) + use<> {
    let sender = sender.clone();
    move |event| {
        let is_read = |event: &Event| matches!(event.kind, EventKind::Access(_));
        if !event.as_ref().is_ok_and(is_read) {
            let _ = sender.send(());
        }
    }
}

/// What the book is made of: its folder itself for `book.toml`, and each folder with something in it.
fn folders(root: &Path) -> Vec<(PathBuf, RecursiveMode)> {
    let mut folders = vec![(root.to_path_buf(), RecursiveMode::NonRecursive)];
    let mut inside: Vec<PathBuf> = vec!["theme".into(), language::TABLES.into()];
    if let Ok(config) = config::read(root) {
        inside.push(config.book.src);
        inside.extend(config.build.extra_watch_dirs);
    }
    let inside = inside.into_iter().map(|folder| root.join(folder)).filter(|f| f.is_dir());
    folders.extend(inside.map(|folder| (folder, RecursiveMode::Recursive)));
    folders
}
