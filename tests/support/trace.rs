//! Finding what a run left behind.

use std::fs;
use std::time::{Duration, Instant};

/// The processes that have this text in their environment, as `PID NAME`.
pub fn processes_with(environment: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let holds = |folder: &std::path::Path| {
        let bytes = fs::read(folder.join("environ")).unwrap_or_default();
        bytes.windows(environment.len()).any(|part| part == environment.as_bytes())
    };
    entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|folder| holds(folder))
        .map(|folder| {
            let name = fs::read_to_string(folder.join("comm")).unwrap_or_default();
            format!("{} {}", folder.file_name().unwrap().to_string_lossy(), name.trim())
        })
        .collect()
}

/// Waits until no process has this text in its environment; fails after two seconds.
pub fn wait_until_gone(environment: &str) {
    let deadline = Instant::now() + Duration::from_secs(2);
    loop {
        let left = processes_with(environment);
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "still there: {left:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
