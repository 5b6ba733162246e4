//! How a machine's processor is made: emulated, or the host's own.
//!
//! `/dev/kvm` may be there and not work (in virtual machines whose hypervisor offers it half-heartedly,
//! a guest stops at its first real-mode instruction), or work and be slower. So the first machine that has
//! to be made is made in both ways at once, and who is done first is remembered, in a file beside the
//! saved machines, for as long as QEMU and the host's kernel are the same.

use std::fs::{self, File};
use std::io::Write;

use serde::{Deserialize, Serialize};

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

/// Whether it makes sense to try KVM.
pub(crate) fn kvm_can_be_opened() -> bool {
    File::options().read(true).write(true).open("/dev/kvm").is_ok()
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
    let text = fs::read(folder.path().join(FILE)).ok()?;
    let found: Remembered = serde_json::from_slice(&text).ok()?;
    let same = found.version == VERSION && found.qemu == qemu && found.host == host();
    same.then_some(found.accelerator)
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
