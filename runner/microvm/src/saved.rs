//! Machines that were booted once and saved, from which every run gets a fresh copy.
//!
//! A saved machine is one file, named `LABEL-KEY.state`. The label is for people (the kernel's series);
//! the key is a digest of all that the machine depends on, so that a change makes another name. The
//! contents are what QEMU writes for a migration, in an LZ4 frame whose checksums show any damage. The
//! frame is a quarter of the size, and unpacking it while QEMU reads costs nothing on a second core.
//!
//! A file gets its name only when it is complete ([`Folder::publish`]).

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use lz4_flex::frame::{BlockMode, BlockSize, FrameDecoder, FrameEncoder, FrameInfo};
use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags, flock, linkat, openat};
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};

use crate::error::MachineError;
use crate::machine::Machine;
use crate::qemu::{Qemu, Start, own_file};

/// How many saved machines of one label are kept: the one in use, and the one of another checkout.
const KEPT: usize = 2;

const EXTENSION: &str = "state";

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
        let path = self.named(label, key);
        path.is_file().then_some(SavedFile { path })
    }

    fn named(&self, label: &str, key: &str) -> PathBuf {
        self.path.join(format!("{label}-{key}.{EXTENSION}"))
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
        file: &File,
        label: &str,
        key: &str,
    ) -> Result<SavedFile, MachineError> {
        let path = self.named(label, key);
        linkat(CWD, own_file(file), CWD, &path, AtFlags::SYMLINK_FOLLOW).map_err(|e| {
            MachineError::io(format!("save the machine in {}", self.path.display()))(e.into())
        })?;
        self.forget_old(label);
        Ok(SavedFile { path })
    }

    fn forget_old(&self, label: &str) {
        let age = |path: &PathBuf| {
            fs::metadata(path).and_then(|m| m.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
        };
        let mut files = self.files(&format!("{label}-"));
        files.retain(|path| path.extension().is_some_and(|extension| extension == EXTENSION));
        files.sort_by_key(|path| std::cmp::Reverse(age(path)));
        for path in files.into_iter().skip(KEPT) {
            let _ = SavedFile { path }.remove();
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
}

impl SavedFile {
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
    /// it. A thread unpacks the file for QEMU and tells whether it is undamaged.
    pub(crate) fn restore(&self, memory_mib: u32) -> Result<Machine, MachineError> {
        let file = File::open(&self.path)
            .map_err(MachineError::io(format!("open {}", self.path.display())))?;
        let (state, to_qemu) = pipe()?;
        let qemu = Qemu::start(memory_mib, &Start::Restore { state: &state })?;
        drop(state);
        let path = self.path.clone();
        let unpacking = thread::spawn(move || unpack(file, to_qemu, path));
        let mut machine = Machine::new(qemu, "being restored", Some(unpacking))?;
        machine.wake()?;
        Ok(machine)
    }
}

fn unpack(file: File, mut to: File, path: PathBuf) -> Result<(), MachineError> {
    match io::copy(&mut FrameDecoder::new(file), &mut to) {
        Ok(_) => Ok(()),
        // QEMU has ended: it says why itself.
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(e) if e.raw_os_error().is_some() => {
            Err(MachineError::io(format!("read {}", path.display()))(e))
        }
        Err(_) => Err(MachineError::Damaged { path }),
    }
}

/// A pipe that takes the stream of a machine, and a thread that packs what comes through it into a
/// file. The thread ends when the writing end is closed everywhere.
pub(crate) fn packer(
    file: &File,
) -> Result<(File, thread::JoinHandle<Result<(), MachineError>>), MachineError> {
    let (mut stream, from_qemu) = pipe()?;
    let file = file.try_clone().map_err(MachineError::io("share the state file"))?;
    let thread = thread::spawn(move || {
        let info = FrameInfo::new()
            .block_size(BlockSize::Max1MB)
            .block_mode(BlockMode::Linked)
            .block_checksums(true)
            .content_checksum(true);
        let mut encoder = FrameEncoder::with_frame_info(info, file);
        let packed = io::copy(&mut stream, &mut encoder)
            .and_then(|_| encoder.finish().map_err(io::Error::from));
        packed.map(drop).map_err(MachineError::io("write the saved machine"))
    });
    Ok((from_qemu, thread))
}

/// A pipe, reading end first, that holds as much as the system allows without asking.
fn pipe() -> Result<(File, File), MachineError> {
    const CAPACITY: usize = 1 << 20;
    let (reader, writer) =
        pipe_with(PipeFlags::CLOEXEC).map_err(|e| MachineError::io("make a pipe")(e.into()))?;
    let _ = fcntl_setpipe_size(&writer, CAPACITY);
    Ok((File::from(reader), File::from(writer)))
}

/// How long writing a machine of a few hundred MB may take on a slow disk.
pub(crate) const SAVE: Duration = Duration::from_secs(60);
