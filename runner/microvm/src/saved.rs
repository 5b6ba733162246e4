//! Machines that were booted once and saved, from which every run gets a fresh copy.
//!
//! A saved machine is one file, named `LABEL-KEY-CHECKSUM.state`:
//!
//! * the label is for people (the kernel's series);
//! * the key is a digest of all that the machine depends on, so that a change makes another name;
//! * the checksum is the CRC-32 of the contents, so that a file and what is known of it cannot differ.
//!
//! A file gets its name only when it is complete ([`Folder::publish`]).

use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags, flock, linkat, openat};

use crate::error::MachineError;
use crate::machine::Machine;
use crate::qemu::{Qemu, Start, own_file};

/// How many saved machines of one label are kept: the one in use, and the one of another checkout.
const KEPT: usize = 2;

/// The folder of saved machines in the user's cache.
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(crate) fn open(path: &Path) -> Result<Self, MachineError> {
        fs::create_dir_all(path)
            .map_err(MachineError::io(format!("make the folder {}", path.display())))?;
        Ok(Self { path: path.to_owned() })
    }

    /// The saved machine of this label and key, if there is one.
    pub(crate) fn find(&self, label: &str, key: &str) -> Option<SavedFile> {
        let prefix = format!("{label}-{key}-");
        self.files(&prefix).into_iter().find_map(|path| SavedFile::named(&path))
    }

    /// Waits until no other process saves a machine here, and keeps others waiting while the guard
    /// lives. `waiting` is called if that takes time.
    pub(crate) fn lock(&self, waiting: impl FnOnce()) -> Result<File, MachineError> {
        let path = self.path.join("lock");
        let file =
            File::create(&path).map_err(MachineError::io(format!("write {}", path.display())))?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            waiting();
            flock(&file, FlockOperation::LockExclusive)
                .map_err(|e| MachineError::io(format!("lock {}", path.display()))(e.into()))?;
        }
        Ok(file)
    }

    /// A file without a name, which the system removes if this process ends before it has one.
    pub(crate) fn nameless(&self) -> Result<File, MachineError> {
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        openat(CWD, &self.path, flags, Mode::from_raw_mode(0o600)).map(File::from).map_err(|e| {
            MachineError::io(format!("make a file in {}", self.path.display()))(e.into())
        })
    }

    /// Gives a complete file its name and removes older machines of the same label.
    pub(crate) fn publish(
        &self,
        mut file: File,
        label: &str,
        key: &str,
    ) -> Result<SavedFile, MachineError> {
        let what = || format!("save the machine in {}", self.path.display());
        file.rewind().map_err(MachineError::io(what()))?;
        let checksum = checksum(&mut file).map_err(MachineError::io(what()))?;
        let path = self.path.join(format!("{label}-{key}-{checksum:08x}.state"));
        match linkat(CWD, own_file(&file), CWD, &path, AtFlags::SYMLINK_FOLLOW) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => {}
            Err(e) => return Err(MachineError::io(what())(e.into())),
        }
        self.forget_old(label);
        Ok(SavedFile { path, checksum })
    }

    fn forget_old(&self, label: &str) {
        let age = |path: &PathBuf| {
            fs::metadata(path).and_then(|m| m.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
        };
        let mut files = self.files(&format!("{label}-"));
        files.retain(|path| path.extension().is_some_and(|extension| extension == "state"));
        files.sort_by_key(|path| std::cmp::Reverse(age(path)));
        for file in files.iter().skip(KEPT).filter_map(|path| SavedFile::named(path)) {
            let _ = file.remove();
        }
    }

    fn files(&self, prefix: &str) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(&self.path) else { return Vec::new() };
        let named = |path: &PathBuf| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix))
        };
        entries.flatten().map(|entry| entry.path()).filter(named).collect()
    }
}

/// A saved machine on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedFile {
    path: PathBuf,
    checksum: u32,
}

impl SavedFile {
    fn named(path: &Path) -> Option<Self> {
        let stem = path.file_name()?.to_str()?.strip_suffix(".state")?;
        let checksum = u32::from_str_radix(stem.rsplit_once('-')?.1, 16).ok()?;
        Some(Self { path: path.to_owned(), checksum })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file beside it for what the caller finds out about the machine; removed with it.
    pub fn notes(&self) -> PathBuf {
        self.path.with_extension("notes")
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |metadata| metadata.len())
    }

    /// Removes it, for instance because it is damaged.
    pub fn remove(&self) -> Result<(), MachineError> {
        let _ = fs::remove_file(self.notes());
        match fs::remove_file(&self.path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                Err(MachineError::io(format!("remove {}", self.path.display()))(e))
            }
            _ => Ok(()),
        }
    }

    /// Starts a fresh copy of the saved machine and returns at once; [`Machine::ready`] waits for
    /// it. Meanwhile a thread compares the file with its checksum.
    pub(crate) fn restore(&self, memory_mib: u32) -> Result<Machine, MachineError> {
        let open = || {
            File::open(&self.path)
                .map_err(MachineError::io(format!("open {}", self.path.display())))
        };
        let (state, mut again) = (open()?, open()?);
        let qemu = Qemu::start(memory_mib, &Start::Restore { state: &state })?;
        let expected = self.checksum;
        let path = self.path.clone();
        let check = thread::spawn(move || match checksum(&mut again) {
            Ok(found) if found == expected => Ok(()),
            Ok(_) => Err(MachineError::Damaged { path }),
            Err(e) => Err(MachineError::io(format!("read {}", path.display()))(e)),
        });
        let mut machine = Machine::new(qemu, "being restored", Some(check))?;
        machine.wake()?;
        Ok(machine)
    }
}

/// CRC-32 of what is left of a file.
fn checksum(file: &mut File) -> io::Result<u32> {
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finalize()),
            length => hasher.update(&buffer[..length]),
        }
    }
}

/// How long writing a machine of a few hundred MB may take on a slow disk.
pub(crate) const SAVE: Duration = Duration::from_secs(60);
