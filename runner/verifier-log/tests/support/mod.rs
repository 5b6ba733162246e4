//! The logs under `tests/logs`, one folder for each kernel; see `tests/README.md`.

use std::{fs, path::Path};

/// Kernels in order of age.
pub(crate) const KERNELS: [&str; 5] = ["5.10", "6.1", "6.12", "6.18", "7.3"];

/// A recorded log.
pub(crate) struct Recorded {
    pub(crate) kernel: &'static str,
    /// Program and, if not the usual 1, log level: `steps.level2`.
    pub(crate) name: String,
    pub(crate) text: String,
}

/// All recorded logs by name, then age of the kernel.
pub(crate) fn recorded() -> Vec<Recorded> {
    let all = within("logs", &KERNELS);
    assert_eq!(all.len(), 170);
    all
}

/// The logs under `tests/faults`.
#[allow(dead_code, reason = "not every test needs them")]
pub(crate) fn faults() -> Vec<Recorded> {
    let all = within("faults", &["5.10", "6.18", "7.3"]);
    assert_eq!(all.len(), 36);
    all
}

fn within(folder: &str, kernels: &[&'static str]) -> Vec<Recorded> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut all = Vec::new();
    for &kernel in kernels {
        for entry in fs::read_dir(folder.join(kernel)).expect("recorded logs") {
            let path = entry.expect("a folder entry").path();
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).expect("a readable log");
            all.push(Recorded { kernel, name, text });
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}
