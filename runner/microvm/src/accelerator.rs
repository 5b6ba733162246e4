//! How a machine's processor is made: emulated, or the host's own.
//!
//! `/dev/kvm` may be there and not work (in virtual machines whose hypervisor offers it half-heartedly,
//! a guest stops at its first real-mode instruction), or work and be slower. So the first machine that has
//! to be made is made in both ways at once, and who is done first is remembered, in a file beside the
//! saved machines, for as long as QEMU and the host's kernel are the same.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::blueprint::qemu_identity;
use crate::error::MachineError;
use crate::saved::Folder;

/// What executes the machine's instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Accelerator {
    /// QEMU's translator; works everywhere.
    Tcg,
    /// The processor itself, through `/dev/kvm`.
    Kvm,
}

impl Accelerator {
    /// The name that QEMU knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcg => "tcg",
            Self::Kvm => "kvm",
        }
    }
}

/// What is known of KVM on this host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kvm {
    /// There is no `/dev/kvm`.
    Absent,
    /// It is there, and cannot be opened: why.
    Closed(String),
    /// It can be opened, and nobody has tried it.
    Untried,
    /// It was tried.
    Tried {
        /// Whether machines are made with it from then on.
        used: bool,
        /// What the trial showed, for people.
        because: String,
    },
}

impl Kvm {
    /// What is known, by the file and by what is remembered in this folder of saved machines for the QEMU that
    /// is installed. Nothing is tried: see [`Blueprint::try_kvm`](crate::Blueprint::try_kvm).
    pub fn known(machines: &Path) -> Self {
        match open_kvm() {
            Err(e) if e.kind() == ErrorKind::NotFound => return Self::Absent,
            Err(e) => return Self::Closed(e.to_string()),
            Ok(_) => {}
        }
        let found = qemu_identity().ok().and_then(|qemu| read(machines, &qemu));
        found.map_or(Self::Untried, |found| Self::Tried {
            used: found.accelerator == Accelerator::Kvm,
            because: found.because,
        })
    }
}

/// Whether it makes sense to try KVM.
pub(crate) fn kvm_can_be_opened() -> bool {
    open_kvm().is_ok()
}

fn open_kvm() -> std::io::Result<File> {
    File::options().read(true).write(true).open("/dev/kvm")
}

/// Version of the file's format; another one counts as nothing remembered.
const VERSION: u32 = 1;

/// The lock of who finds out. No machine has such a label.
pub(crate) const TRIAL: &str = ".accelerator";

/// Its name in the folder of saved machines.
pub(crate) const FILE: &str = "accelerator.json";

/// What was found out on this host.
#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    version: u32,
    /// The QEMU that it is true for: path, size and time of change.
    qemu: String,
    /// The host's kernel that it is true for.
    host: String,
    accelerator: Accelerator,
    /// Why, for people.
    because: String,
}

/// The decision that is remembered for this QEMU on this host, if there is one.
pub(crate) fn remembered(folder: &Folder, qemu: &str) -> Option<Accelerator> {
    read(folder.path(), qemu).map(|found| found.accelerator)
}

fn read(folder: &Path, qemu: &str) -> Option<Remembered> {
    let text = fs::read(folder.join(FILE)).ok()?;
    let found: Remembered = serde_json::from_slice(&text).ok()?;
    let same = found.version == VERSION && found.qemu == qemu && found.host == host();
    same.then_some(found)
}

/// Remembers a decision.
pub(crate) fn remember(
    folder: &Folder,
    qemu: &str,
    accelerator: Accelerator,
    because: String,
) -> Result<(), MachineError> {
    let decision =
        Remembered { version: VERSION, qemu: qemu.into(), host: host(), accelerator, because };
    let mut text = serde_json::to_vec_pretty(&decision).expect("strings and numbers");
    text.push(b'\n');
    let mut file = folder.nameless()?;
    file.write_all(&text).map_err(MachineError::io("remember whether KVM works"))?;
    folder.name(&file, &folder.path().join(FILE))
}

fn host() -> String {
    rustix::system::uname().release().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_holds_for_one_qemu_and_one_version() {
        let cache = tempfile::tempdir().unwrap();
        let folder = Folder::open(cache.path()).unwrap();
        assert_eq!(remembered(&folder, "qemu 7"), None);
        for accelerator in [Accelerator::Kvm, Accelerator::Tcg] {
            remember(&folder, "qemu 7", accelerator, "it was faster".into()).unwrap();
            assert_eq!(remembered(&folder, "qemu 7"), Some(accelerator));
        }
        assert_eq!(remembered(&folder, "qemu 8"), None);
        let path = cache.path().join(FILE);
        let text = fs::read_to_string(&path).unwrap();
        for (old, new) in [("\"version\": 1", "\"version\": 2"), ("tcg", "hvf"), ("{", "[")] {
            fs::write(&path, text.replace(old, new)).unwrap();
            assert_eq!(remembered(&folder, "qemu 7"), None, "{old} to {new}");
        }
        let other_host = text.replace(&host(), "6.0.0-other");
        fs::write(&path, other_host).unwrap();
        assert_eq!(remembered(&folder, "qemu 7"), None);
    }
}
