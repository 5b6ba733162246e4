//! What a machine is made of, and how it is made: boot once, save, restore for every run.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use labrunner_guest::protocol::NO_PORT;
use sha2::{Digest, Sha256};

use crate::accelerator::{Accelerator, TRIAL, kvm_can_be_opened, remember, remembered};
use crate::error::MachineError;
use crate::machine::Machine;
use crate::make::Parts;
use crate::modules::ModuleTree;
use crate::qemu::{self, Hardware, Start};
use crate::saved::{Folder, SavedFile};
use crate::{initramfs, memory, modules};

/// Modules that every machine gets where the kernel has them as modules: the channel to the host
/// first, then what labs need to make network devices and attach to them.
pub const MODULES: [&str; 10] = [
    "virtio_pci_legacy_dev",
    "virtio_pci_modern_dev",
    "virtio_pci",
    "virtio_console",
    "veth",
    "dummy",
    "cls_bpf",
    "act_bpf",
    "sch_ingress",
    "sch_fq",
];

/// Those of them without which there is no channel.
const CHANNEL: [&str; 2] = ["virtio_pci", "virtio_console"];

/// All that a machine depends on.
#[derive(Debug, Clone)]
pub struct Blueprint {
    /// A short name for people and for file names: the kernel's series, such as `6.1`.
    pub label: String,
    /// The kernel's image.
    pub kernel: PathBuf,
    /// The kernel's modules, `lib/modules/RELEASE`; `None` if everything needed is built in.
    pub modules: Option<PathBuf>,
    /// The static agent, `labrunner-guest`.
    pub agent: PathBuf,
    /// Memory of the machine in MiB.
    pub memory_mib: u32,
    /// Folder for saved machines.
    pub cache: PathBuf,
}

/// What is being done that takes more than a moment, for a progress line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Another process makes the same machine; it is waited for.
    Waiting,
    /// Another process finds out whether KVM works; it is waited for.
    WaitingForTrial,
    /// The machine boots, for the nth time.
    Booting {
        /// 1 for the first try.
        attempt: usize,
    },
    /// The booted machine is written to disk.
    Saving,
}

/// A machine that was booted and saved; every [`Template::restore`] gives a fresh copy of it.
#[derive(Debug, Clone)]
pub struct Template {
    file: SavedFile,
    hardware: Hardware,
    made: Option<Made>,
}

/// Figures of a machine that was made just now.
#[derive(Debug, Clone)]
pub struct Made {
    /// From the start of QEMU to the agent's first word.
    pub boot: Duration,
    /// Writing it to disk.
    pub save: Duration,
    /// What the agent warned of, and what the kernel complained of while it booted.
    pub warnings: Vec<String>,
}

impl Blueprint {
    /// The saved machine of this blueprint: found, or booted and saved now.
    ///
    /// It uses KVM where that was found to work and to be faster. Where this is not known, and
    /// `/dev/kvm` can be opened, a machine that has to be made is made with and without at once, and
    /// the first that is done is taken.
    pub fn template(&self, progress: &mut dyn FnMut(Progress)) -> Result<Template, MachineError> {
        let (folder, qemu) = (Folder::open(&self.cache)?, qemu_identity()?);
        let usable = kvm_can_be_opened();
        let known = || match remembered(&folder, &qemu) {
            Some(Accelerator::Kvm) if !usable => Some(Accelerator::Tcg),
            known => known,
        };
        let find = |known: Option<_>| self.find(&folder, known.unwrap_or(Accelerator::Tcg));
        if let Some(found) = find(known())? {
            return Ok(found);
        }
        let _guard = folder.lock(&self.label, || progress(Progress::Waiting))?;
        // Whoever was waited for may have made it, and found out.
        if let Some(found) = find(known())? {
            return Ok(found);
        }
        // One tries it for all machines that are being made.
        let _trial = match known() {
            None if usable => Some(folder.lock(TRIAL, || progress(Progress::WaitingForTrial))?),
            _ => None,
        };
        match known() {
            None if usable => self.race(&folder, &qemu, progress),
            Some(Accelerator::Kvm) => match self.make(&folder, Accelerator::Kvm, progress) {
                Err(error) if error.is_of_the_machine() => {
                    remember(&folder, &qemu, Accelerator::Tcg, error.to_string())?;
                    self.make(&folder, Accelerator::Tcg, progress)
                }
                made => made,
            },
            _ => self.make(&folder, Accelerator::Tcg, progress),
        }
    }

    /// The same under this accelerator, whatever is known of it.
    pub fn template_on(
        &self,
        accelerator: Accelerator,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Template, MachineError> {
        let folder = Folder::open(&self.cache)?;
        if let Some(found) = self.find(&folder, accelerator)? {
            return Ok(found);
        }
        let _guard = folder.lock(&self.label, || progress(Progress::Waiting))?;
        match self.find(&folder, accelerator)? {
            Some(found) => Ok(found),
            None => self.make(&folder, accelerator, progress),
        }
    }

    /// Finds out whether KVM works here and is faster, and remembers it, unless that is known or `/dev/kvm`
    /// cannot be opened: makes the machine with and without it at once, even if one is there already.
    pub fn try_kvm(&self, progress: &mut dyn FnMut(Progress)) -> Result<(), MachineError> {
        let (folder, qemu) = (Folder::open(&self.cache)?, qemu_identity()?);
        let known = || !kvm_can_be_opened() || remembered(&folder, &qemu).is_some();
        if known() {
            return Ok(());
        }
        let _guard = folder.lock(&self.label, || progress(Progress::Waiting))?;
        let _trial = folder.lock(TRIAL, || progress(Progress::WaitingForTrial))?;
        // Whoever was waited for may have found out.
        if known() { Ok(()) } else { self.race(&folder, &qemu, progress).map(drop) }
    }

    /// Makes the machine in both ways, remembers which was better, and keeps that machine.
    fn race(
        &self,
        folder: &Folder,
        qemu: &str,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Template, MachineError> {
        let initramfs = self.initramfs()?;
        let won = self.parts(folder, &initramfs).race(progress);
        let won = won.map_err(|error| self.explained(error))?;
        remember(folder, qemu, won.accelerator, won.because)?;
        self.publish(folder, won.accelerator, &won.state, won.made)
    }

    fn find(
        &self,
        folder: &Folder,
        accelerator: Accelerator,
    ) -> Result<Option<Template>, MachineError> {
        let file = folder.find(&self.label, &self.key(accelerator)?);
        Ok(file.map(|file| Template { file, hardware: self.hardware(accelerator), made: None }))
    }

    fn make(
        &self,
        folder: &Folder,
        accelerator: Accelerator,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Template, MachineError> {
        let initramfs = self.initramfs()?;
        let made = self.parts(folder, &initramfs).make(accelerator, progress);
        let (state, made) = made.map_err(|error| self.explained(error))?;
        self.publish(folder, accelerator, &state, made)
    }

    fn publish(
        &self,
        folder: &Folder,
        accelerator: Accelerator,
        state: &File,
        made: Made,
    ) -> Result<Template, MachineError> {
        let file = folder.publish(state, &self.label, &self.key(accelerator)?)?;
        Ok(Template { file, hardware: self.hardware(accelerator), made: Some(made) })
    }

    fn parts<'a>(&'a self, folder: &'a Folder, initramfs: &'a File) -> Parts<'a> {
        let start = Start::Boot { kernel: &self.kernel, initramfs };
        Parts { start, memory_mib: self.memory_mib, folder }
    }

    fn hardware(&self, accelerator: Accelerator) -> Hardware {
        Hardware { memory_mib: self.memory_mib, accelerator }
    }

    /// A kernel whose agent finds no channel lacks modules that it was not given.
    fn explained(&self, error: MachineError) -> MachineError {
        let MachineError::GuestDown { console, .. } = &error else { return error };
        if !console.contains(NO_PORT) {
            return error;
        }
        let tree = self.modules.as_deref().map(ModuleTree::open).and_then(Result::ok);
        let is_there = |name: &&str| tree.as_ref().is_some_and(|tree| tree.has(name));
        match CHANNEL.into_iter().filter(|name| !is_there(name)).collect::<Vec<_>>() {
            missing if missing.is_empty() => error,
            missing => MachineError::NoChannel { missing },
        }
    }

    /// The initramfs as a file in memory, which QEMU can open by a path.
    fn initramfs(&self) -> Result<File, MachineError> {
        let agent = fs::read(&self.agent)
            .map_err(MachineError::io(format!("read the agent {}", self.agent.display())))?;
        let modules = match &self.modules {
            Some(folder) => modules::resolve(folder, &MODULES)
                .map_err(|e| MachineError::Initramfs(e.to_string()))?,
            None => Vec::new(),
        };
        let bytes = initramfs::build(&agent, &modules)
            .map_err(|e| MachineError::Initramfs(e.to_string()))?;
        memory::file("initramfs", &bytes).map_err(MachineError::io("make a file in memory"))
    }

    /// A digest of everything that a saved machine depends on.
    fn key(&self, accelerator: Accelerator) -> Result<String, MachineError> {
        let agent = fs::read(&self.agent)
            .map_err(MachineError::io(format!("read the agent {}", self.agent.display())))?;

        let mut digest = Sha256::new();
        digest.update(qemu_identity()?);
        digest.update(identity(&self.kernel)?);
        if let Some(modules) = &self.modules {
            digest.update(identity(modules)?);
        }
        digest.update(Sha256::digest(&agent));
        digest.update(format!("{} {} {MODULES:?}", accelerator.name(), self.memory_mib));
        digest.update(format!("{:?} {}", qemu::DEVICES, qemu::KERNEL_COMMAND_LINE));
        Ok(digest.finalize().iter().take(8).fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        }))
    }

    /// The commands that boot this machine by hand, for the curious.
    pub fn boot_command(&self, initramfs: &Path) -> String {
        let mut words = vec![
            qemu::program().to_string(),
            "-nographic -no-reboot -m".to_string(),
            self.memory_mib.to_string(),
            format!("-kernel {}", self.kernel.display()),
            format!("-initrd {}", initramfs.display()),
        ];
        words.push("-append 'console=ttyS0 panic=-1'".to_string());
        words.join(" ")
    }
}

/// Which QEMU is installed, so that another one is told from it.
pub(crate) fn qemu_identity() -> Result<String, MachineError> {
    let program = qemu::program();
    let missing = || MachineError::NoQemu { program: program.into() };
    identity(&qemu::find_program(program).ok_or_else(missing)?)
}

/// Path, size and time of change: another file by that name has another identity.
fn identity(path: &Path) -> Result<String, MachineError> {
    let cannot = || format!("read {}", path.display());
    let real = path.canonicalize().map_err(MachineError::io(cannot()))?;
    let metadata = fs::metadata(&real).map_err(MachineError::io(cannot()))?;
    let modified = metadata.modified().map_err(MachineError::io(cannot()))?;
    let modified = modified.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    Ok(format!("{} {} {modified}\n", real.display(), metadata.len()))
}

impl Template {
    /// Starts a fresh copy of the machine and returns at once; [`Machine::ready`] waits for it.
    ///
    /// The machine ends when the calling thread ends: call it from one that outlives the machine.
    pub fn restore(&self) -> Result<Machine, MachineError> {
        self.file.restore(self.hardware)
    }

    /// Removes the saved machine, for instance because it cannot be restored, so that the next
    /// [`Blueprint::template`] makes it anew; without KVM, if this one was made with it.
    pub fn discard(&self) -> Result<(), MachineError> {
        if let (Accelerator::Kvm, Some(folder)) =
            (self.hardware.accelerator, self.file.path().parent())
        {
            let because = "a machine saved under KVM could not be used".into();
            remember(&Folder::open(folder)?, &qemu_identity()?, Accelerator::Tcg, because)?;
        }
        self.file.remove()
    }

    /// What executes its instructions.
    pub fn accelerator(&self) -> Accelerator {
        self.hardware.accelerator
    }

    /// The file that holds it.
    pub fn file(&self) -> &SavedFile {
        &self.file
    }

    /// How long making it took, if it was made just now.
    pub fn made(&self) -> Option<&Made> {
        self.made.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_follows_all_that_the_machine_depends_on() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let blueprint = Blueprint {
            label: "6.1".into(),
            kernel: write("vmlinuz", "kernel"),
            modules: None,
            agent: write("agent", "agent"),
            memory_mib: 256,
            cache: folder.path().join("machines"),
        };
        let key = |blueprint: &Blueprint| blueprint.key(Accelerator::Tcg).unwrap();
        let mut keys = vec![key(&blueprint)];
        let mut note = |blueprint: &Blueprint| {
            let key = key(blueprint);
            assert!(!keys.contains(&key), "{blueprint:?}");
            keys.push(key);
        };
        note(&Blueprint { memory_mib: 512, ..blueprint.clone() });
        note(&Blueprint { modules: Some(folder.path().into()), ..blueprint.clone() });
        note(&Blueprint { kernel: write("other", "kernel"), ..blueprint.clone() });
        write("agent", "tnega");
        note(&blueprint);
        write("vmlinuz", "another kernel");
        note(&blueprint);
        assert_eq!(key(&blueprint), key(&blueprint));
        assert_ne!(key(&blueprint), blueprint.key(Accelerator::Kvm).unwrap());
    }
}
