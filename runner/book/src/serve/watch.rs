//! Builds again after each change of the book.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use anyhow::Result;
use notify::{Config, Event, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};

use super::Settings;
use crate::build::{Built, build};
use crate::{config, language};

/// A change often comes as many: an editor writes a file aside and renames it, git changes a hundred.
/// The build begins when it has been quiet for this long …
const QUIET: Duration = Duration::from_millis(120);

/// … or after so long in any case.
const AT_MOST: Duration = Duration::from_secs(2);

/// How often files are looked at where the system cannot tell of changes.
const POLL: Duration = Duration::from_millis(1500);

/// Builds after each change, and tells what came of it; for ever.
pub(super) fn follow(settings: &Settings, tell: impl Fn(&Result<Built>)) {
    let (sender, changes) = mpsc::channel();
    let Some(_watcher) = watcher(&settings.root, &sender) else {
        tell(&Err(anyhow::anyhow!(
            "changes of the book cannot be watched: this system tells of none, and its files cannot \
             be looked at either"
        )));
        return;
    };
    while changes.recv().is_ok() {
        let begun = Instant::now();
        while begun.elapsed() < AT_MOST {
            match changes.recv_timeout(QUIET) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        tell(&build(&settings.root, &settings.destination));
    }
}

/// Told by the system, or where it cannot (too many watches, a network file system) by looking.
fn watcher(root: &Path, sender: &Sender<()>) -> Option<Box<dyn Watcher>> {
    let told = |sender: Sender<()>| {
        move |event: notify::Result<Event>| {
            let read_only = |event: &Event| matches!(event.kind, EventKind::Access(_));
            if !event.as_ref().is_ok_and(read_only) {
                let _ = sender.send(());
            }
        }
    };
    let folders = folders(root);
    let all = |watcher: &mut dyn Watcher| {
        folders.iter().all(|(folder, mode)| watcher.watch(folder, *mode).is_ok())
    };
    if let Ok(mut watcher) = RecommendedWatcher::new(told(sender.clone()), Config::default())
        && all(&mut watcher)
    {
        return Some(Box::new(watcher));
    }
    let looking = Config::default().with_poll_interval(POLL);
    let mut watcher = PollWatcher::new(told(sender.clone()), looking).ok()?;
    all(&mut watcher).then(|| Box::new(watcher) as Box<dyn Watcher>)
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
