//! What the machine prints on its serial console: the last part of it, and what it says of a crash.

use std::io::Read;
use std::sync::{Arc, Mutex};
use std::thread;

/// How much is kept, in bytes; a kernel panic with its stack trace takes about 4 KiB.
const KEPT: usize = 64 << 10;

/// The end of a stream that a thread reads in the background.
#[derive(Clone, Default)]
pub(crate) struct Console(Arc<Mutex<Vec<u8>>>);

impl Console {
    /// Starts to read; the thread ends with the stream. The handle is for who must see its end.
    pub(crate) fn read(from: impl Read + Send + 'static) -> (Self, thread::JoinHandle<()>) {
        let console = Self::default();
        let writer = console.clone();
        let thread = thread::spawn(move || writer.fill(from));
        (console, thread)
    }

    fn fill(&self, mut from: impl Read) {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let mut kept = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            kept.extend_from_slice(&buffer[..length]);
            let excess = kept.len().saturating_sub(KEPT);
            kept.drain(..excess);
        }
    }

    /// What was kept, as text with plain line ends.
    pub(crate) fn text(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        String::from_utf8_lossy(&kept).replace('\r', "")
    }
}

/// The line in which a kernel says why it went down, without its time stamp.
pub(crate) fn crash_line(console: &str) -> Option<&str> {
    const SIGNS: [&str; 5] = [
        "Kernel panic - not syncing",
        "BUG: ",
        "Oops: ",
        "general protection fault",
        "Unable to handle kernel",
    ];
    console.lines().map(without_time).find(|line| SIGNS.iter().any(|sign| line.contains(sign)))
}

/// Cuts the `[    1.234567] ` of a printk line.
fn without_time(line: &str) -> &str {
    match line.split_once("] ") {
        Some((time, rest)) if time.starts_with('[') => rest,
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_is_kept() {
        let mut text = vec![b'a'; KEPT];
        text.extend_from_slice(b"the end\r\n");
        let console = Console::default();
        console.fill(text.as_slice());
        assert_eq!(console.text().len(), KEPT - 1);
        assert!(console.text().ends_with("athe end\n"));
    }

    #[test]
    fn the_crash_line_is_found_with_and_without_a_time() {
        let panic = "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100";
        assert_eq!(crash_line(&format!("[    1.20] Freeing\n[    1.21] {panic}\n")), Some(panic));
        assert_eq!(crash_line(&format!("{panic}\n")), Some(panic));
        assert_eq!(crash_line("[    1.20] Freeing unused memory\n"), None);
    }
}
