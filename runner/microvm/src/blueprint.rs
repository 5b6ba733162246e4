//! What a machine is made of, and how it is made: boot once, save, restore for every run.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, UNIX_EPOCH};

use rustix::fs::{MemfdFlags, memfd_create};
use sha2::{Digest, Sha256};

use crate::error::MachineError;
use crate::machine::Machine;
use crate::qemu::{self, Qemu, Start};
use crate::qmp::Qmp;
use crate::saved::{Folder, SAVE, SavedFile, packer};
use crate::{initramfs, modules};

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

/// A boot on a quiet machine takes 2 to 4 s. One that takes this long hangs and is given up.
const BOOT: Duration = Duration::from_secs(25);

/// How often a boot is tried.
const BOOTS: usize = 3;

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
    memory_mib: u32,
    made: Option<Made>,
}

/// Figures of a machine that was made just now.
#[derive(Debug, Clone)]
pub struct Made {
    /// From the start of QEMU to the agent's first word.
    pub boot: Duration,
    /// Writing it to disk.
    pub save: Duration,
    /// What the agent warned of.
    pub warnings: Vec<String>,
}

impl Blueprint {
    /// The saved machine of this blueprint: found, or booted and saved now.
    pub fn template(&self, progress: &mut dyn FnMut(Progress)) -> Result<Template, MachineError> {
        let key = self.key()?;
        let folder = Folder::open(&self.cache)?;
        let found = |file| Template { file, memory_mib: self.memory_mib, made: None };
        if let Some(file) = folder.find(&self.label, &key) {
            return Ok(found(file));
        }
        let _guard = folder.lock(|| progress(Progress::Waiting))?;
        if let Some(file) = folder.find(&self.label, &key) {
            return Ok(found(file));
        }
        let state = folder.nameless()?;
        let made = self.boot_and_save(&state, progress)?;
        let file = folder.publish(&state, &self.label, &key)?;
        Ok(Template { file, memory_mib: self.memory_mib, made: Some(made) })
    }

    fn boot_and_save(
        &self,
        state: &File,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Made, MachineError> {
        let initramfs = self.initramfs()?;
        let mut attempt = 1;
        loop {
            progress(Progress::Booting { attempt });
            let start = Instant::now();
            let how = Start::Boot { kernel: &self.kernel, initramfs: &initramfs };
            let qemu = Qemu::start(self.memory_mib, &how)?;
            let mut machine = Machine::new(qemu, "booting", None)?;
            let booted = match machine.booted(BOOT) {
                Err(MachineError::Deadline { .. }) if attempt < BOOTS => {
                    attempt += 1;
                    continue;
                }
                booted => booted?,
            };
            let boot = start.elapsed();
            progress(Progress::Saving);
            let start = Instant::now();
            let (stream, packing) = packer(state)?;
            let saving = Qmp::connect(machine.qmp()?)?.save(&stream, SAVE);
            // The packer sees the end of the stream when QEMU and we have closed it.
            drop((stream, machine));
            packing.join().unwrap_or_else(|_| {
                Err(MachineError::Initramfs("the packing of the machine panicked".into()))
            })?;
            saving?;
            return Ok(Made { boot, save: start.elapsed(), warnings: booted.warnings });
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
        let mut file = memfd_create("initramfs", MemfdFlags::CLOEXEC)
            .map(File::from)
            .map_err(|e| MachineError::io("make a file in memory")(e.into()))?;
        file.write_all(&bytes)
            .and_then(|()| file.rewind())
            .map_err(MachineError::io("write the initramfs"))?;
        Ok(file)
    }

    /// A digest of everything that a saved machine depends on.
    fn key(&self) -> Result<String, MachineError> {
        let program = qemu::program();
        let qemu = qemu::find_program(program)
            .ok_or_else(|| MachineError::NoQemu { program: program.into() })?;
        let agent = fs::read(&self.agent)
            .map_err(MachineError::io(format!("read the agent {}", self.agent.display())))?;

        let mut digest = Sha256::new();
        digest.update(identity(&qemu)?);
        digest.update(identity(&self.kernel)?);
        if let Some(modules) = &self.modules {
            digest.update(identity(modules)?);
        }
        digest.update(Sha256::digest(&agent));
        digest.update(format!("{} {MODULES:?}", self.memory_mib));
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
        self.file.restore(self.memory_mib)
    }

    /// Removes the saved machine, so that the next [`Blueprint::template`] makes it anew.
    pub fn discard(&self) -> Result<(), MachineError> {
        self.file.remove()
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
        let mut keys = vec![blueprint.key().unwrap()];
        let mut note = |blueprint: &Blueprint| {
            let key = blueprint.key().unwrap();
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
        assert_eq!(blueprint.key().unwrap(), blueprint.key().unwrap());
    }
}
