//! What lives in the host's kernel and outlives processes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Programs, maps, links, pins, network interfaces, queueing disciplines, named network namespaces and
/// sockets with a path, each as a line that names it.
pub struct HostState(BTreeSet<String>);

impl HostState {
    /// What there is now. What needs root, or a program that is not installed, is left out.
    pub fn now() -> Self {
        let mut found = BTreeSet::new();
        for kind in ["prog", "map", "link"] {
            match said("bpftool", &["--json", kind, "show"]).map(|said| serde_json::from_str(&said))
            {
                Some(Ok(Value::Array(objects))) => found.extend(objects.iter().map(|object| {
                    let name = object["name"].as_str().or(object["type"].as_str());
                    format!("{kind} {} {}", object["id"], name.unwrap_or_default())
                })),
                _ => println!("not looked for on the host: BPF {kind}s (no bpftool, or not root)"),
            }
        }
        for (name, arguments) in
            [("tc", ["qdisc", "show"].as_slice()), ("ip", &["-brief", "link"]), ("ip", &["netns"])]
        {
            let said = said(name, arguments).unwrap_or_default();
            found.extend(said.lines().map(|line| format!("{name} {arguments:?}: {line}")));
        }
        pins(Path::new("/sys/fs/bpf"), &mut found);
        let sockets = fs::read_to_string("/proc/net/unix").unwrap_or_default();
        let path = |line: &str| line.split_once('/').map(|(_, path)| format!("socket /{path}"));
        found.extend(sockets.lines().filter_map(path));
        Self(found)
    }

    /// What is there now and was not then. Others use this host too: what goes away within a minute is
    /// not counted, nor is what comes meanwhile.
    pub fn grown(&self) -> Vec<String> {
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut new: Vec<String> = Self::now().0.difference(&self.0).cloned().collect();
        while !new.is_empty() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(500));
            let now = Self::now();
            new.retain(|line| now.0.contains(line));
        }
        new
    }
}

fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn pins(folder: &Path, found: &mut BTreeSet<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            pins(&path, found);
        }
        found.insert(format!("pin {}", path.display()));
    }
}
