//! Machines that were booted once and saved, from which every run gets a fresh copy.
//!
//! A saved machine is one file, named `LABEL-KEY.state`. The label is for people (the kernel's series);
//! the key is a digest of all that the machine depends on, so that a change makes another name. The
//! contents are what QEMU writes for a migration, in an LZ4 frame whose checksums show any damage. The
//! frame is a quarter of the size, and unpacking it while QEMU reads costs nothing on a second core.
//!
//! A file gets its name only when it is complete ([`Folder::publish`]). Then those that were not used for
//! the longest time are removed: of each label all but [`KEPT`], and of all what is beyond [`TOTAL`].

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use lz4_flex::frame::{BlockMode, BlockSize, FrameDecoder, FrameEncoder, FrameInfo};
use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags, flock, linkat, openat};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};

use crate::error::MachineError;
use crate::machine::Machine;
use crate::memory::path_of;
use crate::qemu::{Hardware, Qemu, Start};

/// How many saved machines of one label are kept: the one in use, and the one of another checkout.
const KEPT: usize = 2;

/// How much room all of them may take, in bytes. One takes 20 to 30 MB.
const TOTAL: u64 = 1 << 30;

/// A file that another process writes is complete, or has its final name, long before this age.
const ABANDONED: Duration = Duration::from_secs(60);

/// How often a file that is in the way is removed.
const TRIES: usize = 100;

const EXTENSION: &str = "state";
const NOTES: &str = "notes";
const LOCK: &str = "lock";

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

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The saved machine of this label and key, if there is one; it counts as used now.
    pub(crate) fn find(&self, label: &str, key: &str) -> Option<SavedFile> {
        let path = self.named(label, key);
        let file = File::open(&path).ok()?;
        let _ = file.set_modified(SystemTime::now());
        Some(SavedFile { path })
    }

    fn named(&self, label: &str, key: &str) -> PathBuf {
        self.path.join(format!("{label}-{key}.{EXTENSION}"))
    }

    /// Waits until nobody else is at `what`, the label of a machine that is made or what is found out for
    /// all of them, and keeps others waiting while the guard lives. `waiting` is called if that takes time.
    pub(crate) fn lock(&self, what: &str, waiting: impl FnOnce()) -> Result<File, MachineError> {
        let path = self.path.join(format!("{what}.{LOCK}"));
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

    /// Gives a complete file its name and removes what is not worth its room.
    pub(crate) fn publish(
        &self,
        file: &File,
        label: &str,
        key: &str,
    ) -> Result<SavedFile, MachineError> {
        let path = self.named(label, key);
        self.name(file, &path)?;
        self.clean(&path, TOTAL);
        Ok(SavedFile { path })
    }

    /// Gives a complete file a name in this folder, instead of another that may have it.
    pub(crate) fn name(&self, file: &File, path: &Path) -> Result<(), MachineError> {
        let link = || linkat(CWD, path_of(file), CWD, path, AtFlags::SYMLINK_FOLLOW);
        let mut linked = link();
        // Whoever writes the same at the same time may be first again.
        for _ in 0..TRIES {
            if linked != Err(Errno::EXIST) {
                break;
            }
            linked = match fs::remove_file(path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => Err(errno(e)),
                _ => link(),
            };
        }
        linked.map_err(|e| MachineError::io(format!("write {}", path.display()))(e.into()))
    }

    /// Removes what was not used for long, what former versions made, and what was not finished;
    /// keeps `new` in any case.
    fn clean(&self, new: &Path, total: u64) {
        let mut machines = Vec::new();
        for path in self.files() {
            match Kind::of(&path) {
                Kind::Machine { label } => machines.push((last_used(&path), path, label)),
                Kind::Former => drop(SavedFile { path }.remove()),
                Kind::Notes { machine } if machine.exists() => {}
                // Its machine may be about to get its name.
                Kind::Notes { .. } if age(&path) < ABANDONED => {}
                Kind::Notes { .. } | Kind::Leftover => drop(fs::remove_file(&path)),
                Kind::Other => {}
            }
        }
        machines.sort_by_key(|(used, path, _)| Reverse((path == new, *used)));
        let (mut room, mut kept) = (0, HashMap::<String, usize>::new());
        for (_, path, label) in machines {
            let file = SavedFile { path };
            let kept = kept.entry(label).or_default();
            *kept += 1;
            room += file.size();
            if file.path != new && (*kept > KEPT || room > total) {
                room -= file.size();
                let _ = file.remove();
            }
        }
    }

    fn files(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(&self.path) else { return Vec::new() };
        entries.flatten().map(|entry| entry.path()).collect()
    }
}

/// What a file in the folder is, by its name.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    /// `LABEL-KEY.state`.
    Machine {
        label: String,
    },
    /// `LABEL-KEY-CRC.state`: not compressed, as it was in the first version.
    Former,
    /// `lock` and `LABEL-KEY.notes-PID`, of former versions too.
    Leftover,
    /// `LABEL-KEY.notes`.
    Notes {
        machine: PathBuf,
    },
    Other,
}

impl Kind {
    fn of(path: &Path) -> Self {
        let hexadecimal = |text: &str, length| {
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        let text =
            |part: Option<&OsStr>| part.and_then(OsStr::to_str).unwrap_or_default().to_owned();
        let (stem, extension) = (text(path.file_stem()), text(path.extension()));
        let (label, key) = stem.rsplit_once('-').unwrap_or_default();
        match extension.as_str() {
            EXTENSION if hexadecimal(key, 16) => Self::Machine { label: label.into() },
            EXTENSION if hexadecimal(key, 8) => Self::Former,
            NOTES => Self::Notes { machine: path.with_extension(EXTENSION) },
            "" if stem == LOCK => Self::Leftover,
            other if other.starts_with("notes-") => Self::Leftover,
            _ => Self::Other,
        }
    }
}

fn errno(error: io::Error) -> Errno {
    Errno::from_io_error(&error).unwrap_or(Errno::IO)
}

fn last_used(path: &Path) -> SystemTime {
    fs::metadata(path).and_then(|m| m.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
}

fn age(path: &Path) -> Duration {
    last_used(path).elapsed().unwrap_or_default()
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
        self.path.with_extension(NOTES)
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

    /// Writes [`SavedFile::notes`], all of it or, if the process ends meanwhile, nothing.
    pub fn write_notes(&self, text: &str) -> Result<(), MachineError> {
        let folder = Folder::open(self.path.parent().unwrap_or(Path::new("/")))?;
        let mut file = folder.nameless()?;
        let path = self.notes();
        file.write_all(text.as_bytes())
            .map_err(MachineError::io(format!("write {}", path.display())))?;
        folder.name(&file, &path)
    }

    /// Starts a fresh copy of the saved machine.
    pub(crate) fn restore(&self, hardware: Hardware) -> Result<Machine, MachineError> {
        let file = File::open(&self.path)
            .map_err(MachineError::io(format!("open {}", self.path.display())))?;
        restore(&file, &self.path, hardware)
    }
}

/// Starts a fresh copy of the machine in a file and returns at once; [`Machine::ready`] waits for it.
/// A thread unpacks the file for QEMU and tells whether it is undamaged.
pub(crate) fn restore(
    file: &File,
    path: &Path,
    hardware: Hardware,
) -> Result<Machine, MachineError> {
    // Opened once more, because the place to read from is shared with who holds the file.
    let file =
        File::open(path_of(file)).map_err(MachineError::io(format!("open {}", path.display())))?;
    let (state, to_qemu) = pipe()?;
    let qemu = Qemu::start(hardware, &Start::Restore { state: &state })?;
    drop(state);
    let path = path.to_owned();
    let unpacking = thread::spawn(move || unpack(file, to_qemu, path));
    let mut machine = Machine::new(qemu, "being restored", Some(unpacking))?;
    machine.wake()?;
    Ok(machine)
}

fn unpack(file: File, mut to: File, path: PathBuf) -> Result<(), MachineError> {
    match io::copy(&mut FrameDecoder::new(file), &mut to) {
        // An empty file is a frame of nothing.
        Ok(0) => Err(MachineError::Damaged { path }),
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

#[cfg(test)]
mod tests;
