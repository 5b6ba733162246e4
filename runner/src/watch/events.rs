//! How changes of files are noticed: by the kernel's events, and by looking where those do not come.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode};
use notify::{ErrorKind, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use rustix::fs::statfs;

use super::files::Identity;

/// How often files are looked at where events tell of changes. It finds what those do not tell.
const SELDOM: Duration = Duration::from_secs(1);

/// How often where they do not.
const OFTEN: Duration = Duration::from_millis(250);

/// How long the event of a change may take.
const ARRIVAL: Duration = Duration::from_millis(200);

/// Types of file systems on which others than this kernel may change files, by `f_type` of statfs(2), from
/// linux/magic.h and from the sources of those that are not in it.
const REMOTE: [(u64, &str); 10] = [
    (0x6969, "NFS"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB"),
    (0x517b, "SMB"),
    (0x0102_1997, "9p"),
    (0x6573_5546, "FUSE"),
    (0x00c3_6400, "Ceph"),
    (0x5346_414f, "AFS"),
    (0x786f_4256, "VirtualBox"),
    (0xbacb_acbc, "VMware"),
];

/// Watches folders.
pub struct Events {
    watcher: Option<RecommendedWatcher>,
    shared: Arc<Shared>,
    /// The folders that are watched.
    folders: BTreeMap<PathBuf, Identity>,
    /// Why events are not relied on.
    polling: Option<String>,
    /// When a change was found that no event has told of.
    silent: Option<Instant>,
}

/// What the thread of the watcher shares.
#[derive(Default)]
struct Shared {
    /// An event has come since it was last asked for.
    heard: AtomicBool,
    /// It was told, and nobody has looked yet.
    told: AtomicBool,
}

impl Events {
    /// Begins to watch; `tell` is called from another thread when something may have changed.
    pub fn start(tell: impl Fn() + Send + 'static) -> Self {
        let shared = Arc::new(Shared::default());
        let of_thread = shared.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| is_only_read(event.kind)) {
                return;
            }
            of_thread.heard.store(true, Ordering::SeqCst);
            if !of_thread.told.swap(true, Ordering::SeqCst) {
                tell();
            }
        });
        let mut events =
            Self { watcher: None, shared, folders: BTreeMap::new(), polling: None, silent: None };
        match watcher {
            Ok(watcher) => events.watcher = Some(watcher),
            Err(error) => events.polling = Some(reason(&error)),
        }
        events
    }

    /// Watches exactly these folders. A sentence for the learner if events cannot be relied on any more.
    pub fn follow(&mut self, folders: &BTreeMap<PathBuf, Identity>) -> Option<String> {
        let was_polling = self.polling.is_some();
        let Some(watcher) = &mut self.watcher else { return None };
        let gone = |(path, was): &(&PathBuf, &Identity)| folders.get(*path) != Some(was);
        for (path, _) in self.folders.iter().filter(gone) {
            let _ = watcher.unwatch(path); // the kernel may have done so already
        }
        let new = folders.iter().filter(|(path, is)| self.folders.get(*path) != Some(is));
        for (path, _) in new {
            match watcher.watch(path, RecursiveMode::NonRecursive) {
                // Gone again: the next look sees that.
                Ok(()) | Err(notify::Error { kind: ErrorKind::PathNotFound, .. }) => {}
                Err(error) => self.polling = Some(reason(&error)),
            }
        }
        self.folders = folders.clone();
        if was_polling { None } else { self.sentence() }
    }

    /// Tries whether an event comes from this folder, without leaving anything there. A sentence for the
    /// learner if files have to be looked at.
    pub fn try_out(&mut self, folder: &Path) -> Option<String> {
        if self.polling.is_none() {
            if let Some(name) = remote(folder) {
                self.polling = Some(format!("others may change files on this {name} file system"));
            } else if touch(folder) && !self.heard_within(ARRIVAL) {
                self.polling = Some("file events do not come here".into());
            }
        }
        self.sentence()
    }

    fn heard_within(&self, within: Duration) -> bool {
        let deadline = Instant::now() + within;
        while !self.shared.heard.swap(false, Ordering::SeqCst) {
            if Instant::now() > deadline {
                return false;
            }
            thread::sleep(Duration::from_millis(1));
        }
        true
    }

    /// It is being looked now: what changes from here on is to be told again.
    pub fn looking(&self) {
        self.shared.told.store(false, Ordering::SeqCst);
    }

    /// An event has come.
    pub fn arrived(&mut self) {
        self.silent = None;
    }

    /// A look has found a change that no event has told of, yet.
    pub fn found_by_looking(&mut self) {
        self.silent.get_or_insert_with(Instant::now);
    }

    /// When to look next, after a look at this time.
    pub fn next_look(&self, last: Instant) -> Instant {
        let next = last + if self.polling.is_some() { OFTEN } else { SELDOM };
        self.silent.map_or(next, |since| next.min(since + ARRIVAL))
    }

    /// Whether an event that should have come did not: files are looked at from now on. A sentence for the
    /// learner, once.
    pub fn missed(&mut self) -> Option<String> {
        if self.polling.is_some() || self.silent?.elapsed() < ARRIVAL {
            return None;
        }
        self.polling = Some("file events do not come here".into());
        self.sentence()
    }

    /// Whether files are looked at.
    pub fn is_polling(&self) -> bool {
        self.polling.is_some()
    }

    fn sentence(&self) -> Option<String> {
        let reason = self.polling.as_ref()?;
        let times = Duration::from_secs(1).as_millis() / OFTEN.as_millis();
        Some(format!("Looking for changes {times} times a second: {reason}."))
    }
}

/// Whether an event tells of nothing but somebody who reads.
fn is_only_read(kind: EventKind) -> bool {
    let written = EventKind::Access(AccessKind::Close(AccessMode::Write));
    kind.is_access() && kind != written
}

fn reason(error: &notify::Error) -> String {
    let full = match &error.kind {
        ErrorKind::MaxFilesWatch => true,
        // EMFILE: no further watcher; ENOSPC: no further folder. See inotify(7).
        ErrorKind::Io(e) => matches!(e.raw_os_error(), Some(24 | 28)),
        _ => false,
    };
    match full {
        true => "too many files are watched on this machine (see fs.inotify in sysctl)".into(),
        false => format!("there are no file events here ({error})"),
    }
}

/// Gives a folder the permissions that it has, which makes an event and changes nothing.
fn touch(folder: &Path) -> bool {
    let permissions = fs::metadata(folder).map(|metadata| metadata.permissions());
    permissions.and_then(|permissions| fs::set_permissions(folder, permissions)).is_ok()
}

/// The name of the file system, if others than this kernel may change what is on it.
fn remote(folder: &Path) -> Option<&'static str> {
    let kind = u64::try_from(statfs(folder).ok()?.f_type).ok()?;
    REMOTE.iter().find(|(known, _)| *known == kind).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use super::*;
    use crate::watch::files::identity;

    fn watching(folder: &Path) -> (Events, Receiver<()>) {
        let (sender, receiver) = channel();
        let mut events = Events::start(move || {
            let _ = sender.send(());
        });
        let identity = identity(&fs::metadata(folder).unwrap());
        assert_eq!(events.follow(&BTreeMap::from([(folder.into(), identity)])), None);
        (events, receiver)
    }

    #[test]
    fn the_trial_leaves_nothing_and_reading_is_no_event() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "text").unwrap();
        let before = fs::metadata(folder.path()).unwrap();
        let (mut events, told) = watching(folder.path());
        assert_eq!(events.try_out(folder.path()), None);
        let after = fs::metadata(folder.path()).unwrap();
        assert_eq!(before.modified().unwrap(), after.modified().unwrap());
        assert_eq!(before.permissions(), after.permissions());
        told.recv_timeout(Duration::from_secs(5)).unwrap();
        events.looking();
        fs::read(folder.path().join("file")).unwrap();
        assert!(told.recv_timeout(Duration::from_millis(100)).is_err());
        fs::write(folder.path().join("file"), "other").unwrap();
        told.recv_timeout(Duration::from_secs(5)).unwrap();
    }

    #[test]
    fn a_folder_that_was_made_anew_is_followed() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("lab");
        fs::create_dir(&folder).unwrap();
        let (mut events, told) = watching(&folder);
        fs::remove_dir(&folder).unwrap();
        fs::create_dir(&folder).unwrap();
        let identity = identity(&fs::metadata(&folder).unwrap());
        events.follow(&BTreeMap::from([(folder.clone(), identity)]));
        while told.recv_timeout(Duration::from_millis(100)).is_ok() {
            events.looking();
        }
        events.looking();
        fs::write(folder.join("file"), "text").unwrap();
        told.recv_timeout(Duration::from_secs(5)).unwrap();
    }

    #[test]
    fn a_change_without_an_event_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (mut events, _told) = watching(folder.path());
        assert_eq!(events.missed(), None);
        events.found_by_looking();
        events.arrived();
        assert_eq!(events.missed(), None);
        events.found_by_looking();
        thread::sleep(ARRIVAL);
        let sentence = events.missed().unwrap();
        assert_eq!(sentence, "Looking for changes 4 times a second: file events do not come here.");
        assert_eq!(events.missed(), None);
    }
}
