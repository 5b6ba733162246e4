//! What the machine prints on its serial console: the last part of it.

use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, ioctl_fionread};

use crate::trouble::{Trouble, TroubleKind};

/// How much is kept, in bytes; a kernel panic with its stack trace takes about 4 KiB.
const KEPT: usize = 256 << 10;

/// How long the reading thread may take for what has been printed.
const SETTLE: Duration = Duration::from_millis(200);

/// The end of a stream that a thread reads in the background.
#[derive(Clone, Default)]
pub(crate) struct Console {
    kept: Arc<Mutex<Vec<u8>>>,
    source: Option<Arc<OwnedFd>>,
}

impl Console {
    /// Starts to read; the thread ends with the stream. The handle is for who must see its end.
    pub(crate) fn read(from: impl Read + AsFd + Send + 'static) -> (Self, thread::JoinHandle<()>) {
        let source = from.as_fd().try_clone_to_owned().ok().map(Arc::new);
        let console = Self { source, ..Self::default() };
        let kept = console.kept.clone();
        let thread = thread::spawn(move || fill(&kept, from));
        (console, thread)
    }

    /// What was kept, as text with plain line ends.
    pub(crate) fn text(&self) -> String {
        as_text(&self.lock())
    }

    /// The same, once all that has been printed until now is in it.
    pub(crate) fn settled_text(&self) -> String {
        let deadline = Instant::now() + SETTLE;
        loop {
            // Who holds the lock sees what was read, all of it, and what was not.
            let kept = self.lock();
            let unread = self.source.as_ref().map_or(Ok(0), ioctl_fionread).unwrap_or(0);
            if unread == 0 || Instant::now() > deadline {
                return as_text(&kept);
            }
            drop(kept);
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        lock(&self.kept)
    }
}

fn lock(kept: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    kept.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn as_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\r', "")
}

fn fill(kept: &Mutex<Vec<u8>>, mut from: impl Read + AsFd) {
    let mut buffer = [0; 4096];
    loop {
        match poll(&mut [PollFd::new(&from, PollFlags::IN)], None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return,
        }
        // Does not wait: there is something to read, or the end.
        let mut kept = lock(kept);
        match from.read(&mut buffer) {
            Ok(length @ 1..) => keep(&mut kept, &buffer[..length]),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => return,
        }
    }
}

fn keep(kept: &mut Vec<u8>, more: &[u8]) {
    kept.extend_from_slice(more);
    let excess = kept.len().saturating_sub(KEPT);
    kept.drain(..excess);
}

/// The line in which a kernel that is gone says why, without its time stamp.
pub(crate) fn crash_line(console: &str) -> Option<String> {
    let found = Trouble::find(console);
    let serious = found.into_iter().find(|trouble| trouble.kind >= TroubleKind::Bug);
    serious.map(|trouble| trouble.line).or_else(|| {
        // A panic counts even if something else stands in its line.
        let sign = |line: &str| line.find("Kernel panic - not syncing").map(|at| line[at..].into());
        console.lines().find_map(sign)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_is_kept() {
        let console = Console::default();
        keep(&mut console.lock(), &[b'a'; KEPT]);
        keep(&mut console.lock(), b"the end\r\n");
        assert_eq!(console.text().len(), KEPT - 1);
        assert!(console.text().ends_with("athe end\n"));
    }

    #[test]
    fn what_was_printed_before_is_in_the_settled_text() {
        use std::io::Write;
        for round in 0..200 {
            let (reader, mut writer) = std::io::pipe().unwrap();
            let (console, _thread) = Console::read(reader);
            writer.write_all(&[b'x'; 9000]).unwrap();
            assert_eq!(console.settled_text().len(), 9000, "round {round}");
        }
    }

    #[test]
    fn the_crash_line_is_found_with_and_without_a_time() {
        let panic = "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100";
        let found = |console: &str| crash_line(console);
        assert_eq!(found(&format!("[    1.20] Freeing\n[    1.21] {panic}\n")).unwrap(), panic);
        assert_eq!(found(&format!("{panic}\n")).unwrap(), panic);
        assert_eq!(found(&format!("half a line[    1.21] {panic}\n")).unwrap(), panic);
        assert_eq!(found("[    1.20] Freeing unused memory\n"), None);
    }

    #[test]
    fn of_a_crash_the_first_line_is_told_not_the_panic_that_follows() {
        let oops = "BUG: kernel NULL pointer dereference, address: 0000000000000008";
        let console = format!(
            "[    1.000001] {oops}\n[    1.000002] Oops: 0000 [#1] SMP\n\
             [    1.000003] Kernel panic - not syncing: Fatal exception in interrupt\n"
        );
        assert_eq!(crash_line(&console).unwrap(), oops);
    }
}
