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
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/logs");
    let mut all = Vec::new();
    for kernel in KERNELS {
        for entry in fs::read_dir(folder.join(kernel)).expect("recorded logs") {
            let path = entry.expect("a folder entry").path();
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).expect("a readable log");
            all.push(Recorded { kernel, name, text });
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(all.len(), 170);
    all
}
