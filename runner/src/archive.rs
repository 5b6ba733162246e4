//! The course inside of `labrunner` itself: what `scripts/dist` has appended to the program's file.
//!
//! ```text
//! the program (ELF) | an archive (tar, compressed by xz) | a footer of 128 bytes
//! ```
//!
//! The footer is a line of ASCII, filled up with spaces: `labrunner-course 1 LENGTH SHA256`, with the format's
//! version, the archive's length in bytes and its digest. The archive has three entries:
//!
//! - `release`: two lines, the name of the release and the time of its last commit in seconds since 1970
//! - `course/`: the files of a workspace
//! - `programs/`: the static programs that labs need, and the one that makes the book
//!
//! It is unpacked once, into a folder of the cache that has its digest as name.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use sha2::{Digest, Sha256};

use crate::cache;
use crate::engine::vm::storage_advice;
use crate::error::Error;

/// What the footer begins with.
const MAGIC: &str = "labrunner-course";

/// The version of the format that is understood.
const VERSION: &str = "1";

/// Length of the footer in bytes.
const FOOTER: usize = 128;

/// Whether this program was built to carry a course. If so, one without it is damaged.
const MUST_CARRY: bool = option_env!("LABRUNNER_DIST").is_some();

/// How much memory the decoder may take; the packer's dictionary has 64 MiB.
const MEMORY_KIB: u32 = 80 << 10;

/// How many unpacked courses are kept.
const KEPT: usize = 2;

/// The course that a file carries.
#[derive(Debug)]
pub struct Archive {
    file: File,
    start: u64,
    length: u64,
    /// The archive's SHA-256, in hexadecimal digits.
    pub digest: String,
}

/// An archive that was unpacked.
#[derive(Debug, Clone)]
pub struct Unpacked {
    folder: PathBuf,
}

/// Which course it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Its name, such as `0.1.0 (4d7e8f9)`.
    pub name: String,
    /// The time of its last commit, in seconds since 1970.
    pub time: u64,
}

impl Archive {
    /// What this very program carries; `None` if it was built in a clone and needs nothing.
    ///
    /// # Errors
    /// It should carry a course, and what follows it is damaged.
    pub fn own() -> Result<Option<Self>, Error> {
        // Not by its name: the file may have been replaced since.
        let file = File::open("/proc/self/exe").map_err(|e| {
            Error::unable(format!("labrunner cannot read its own file: {e}."), "Is /proc mounted?")
        })?;
        match Self::open(file)? {
            None if MUST_CARRY => Err(damaged("its end is missing")),
            archive => Ok(archive),
        }
    }

    /// What this file carries.
    fn open(mut file: File) -> Result<Option<Self>, Error> {
        let cannot = |e: io::Error| damaged(&e.to_string());
        let size = file.seek(SeekFrom::End(0)).map_err(cannot)?;
        let Some(end) = size.checked_sub(FOOTER as u64) else { return Ok(None) };
        let mut footer = [0; FOOTER];
        file.seek(SeekFrom::Start(end))
            .and_then(|_| file.read_exact(&mut footer))
            .map_err(cannot)?;
        let Some((length, digest)) = parse(&footer)? else { return Ok(None) };
        let start = end.checked_sub(length).ok_or_else(|| damaged("its beginning is missing"))?;
        Ok(Some(Self { file, start, length, digest }))
    }

    /// The archive's contents, unpacked now if they are not there yet; `say` is told so.
    ///
    /// # Errors
    /// The archive is damaged, or the cache folder cannot be written.
    pub fn unpacked(&mut self, say: &mut dyn FnMut(&str)) -> Result<Unpacked, Error> {
        self.unpacked_in(&cache::folder()?.join(cache::COURSES), say)
    }

    fn unpacked_in(
        &mut self,
        courses: &Path,
        say: &mut dyn FnMut(&str),
    ) -> Result<Unpacked, Error> {
        let folder = courses.join(&self.digest);
        let unpacked = Unpacked { folder: folder.clone() };
        if folder.is_dir() {
            return Ok(unpacked);
        }
        let cannot = |e: io::Error| {
            let problem = format!("The course cannot be unpacked into {}: {e}.", courses.display());
            Error::unable(problem, storage_advice(&e))
        };
        fs::create_dir_all(courses).map_err(cannot)?;
        let lock = File::open(courses).map_err(cannot)?;
        let _ = flock(&lock, FlockOperation::LockExclusive); // as in `versioned`
        if folder.is_dir() {
            return Ok(unpacked); // another labrunner has done it meanwhile
        }
        say("Unpacking the course that labrunner carries …");
        self.check()?;
        let part = courses.join("part");
        remove(&part).map_err(cannot)?; // of one that was interrupted
        let done = self.unpack(&part).and_then(|()| fs::rename(&part, &folder));
        done.inspect_err(|_| drop(remove(&part))).map_err(cannot)?;
        forget_old(courses, &folder);
        Ok(unpacked)
    }

    /// Compares the digest.
    fn check(&mut self) -> Result<(), Error> {
        let digest = self.contents().and_then(digest_of).map_err(|e| damaged(&e.to_string()))?;
        if digest != self.digest {
            return Err(damaged("its digest is another"));
        }
        Ok(())
    }

    fn contents(&mut self) -> io::Result<impl Read> {
        self.file.seek(SeekFrom::Start(self.start))?;
        Ok((&self.file).take(self.length))
    }

    fn unpack(&mut self, to: &Path) -> io::Result<()> {
        let contents = io::BufReader::new(self.contents()?);
        let mut archive =
            tar::Archive::new(lzma_rust2::XzReader::new_mem_limit(contents, false, MEMORY_KIB));
        archive.set_preserve_mtime(false);
        fs::create_dir(to)?;
        archive.unpack(to).map_err(kind_of_cause)
    }
}

impl Unpacked {
    /// The files of a workspace.
    pub fn course(&self) -> PathBuf {
        self.folder.join("course")
    }

    /// The programs.
    pub fn programs(&self) -> PathBuf {
        self.folder.join("programs")
    }

    /// Which course it is.
    ///
    /// # Errors
    /// The file that tells it is damaged.
    pub fn release(&self) -> Result<Release, Error> {
        let path = self.folder.join("release");
        let text = fs::read_to_string(&path).unwrap_or_default();
        let mut lines = text.lines();
        let release = lines
            .next()
            .zip(lines.next())
            .and_then(|(name, time)| Some(Release { name: name.into(), time: time.parse().ok()? }));
        release.ok_or_else(|| {
            Error::unable(
                format!("{} cannot be read.", path.display()),
                "Empty the cache, and it is unpacked again: labrunner cache --clean",
            )
        })
    }
}

/// Length and digest of a footer; `None` if it is none.
fn parse(footer: &[u8]) -> Result<Option<(u64, String)>, Error> {
    let Some(rest) = footer.strip_prefix(MAGIC.as_bytes()) else { return Ok(None) };
    let text = str::from_utf8(rest).map_err(|_| damaged("its last line is no text"))?;
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let [version, length, digest] = words[..] else {
        return Err(damaged("its last line is cut off"));
    };
    if version != VERSION {
        return Err(damaged(&format!("its last line is of version {version}")));
    }
    let length = length.parse().map_err(|_| damaged("its last line has no length"))?;
    let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_digest {
        return Err(damaged("its last line has no digest"));
    }
    Ok(Some((length, digest.into())))
}

fn damaged(how: &str) -> Error {
    Error::unable(
        format!("The course in labrunner's own file is damaged: {how}."),
        "Get the file again, and compare its size and its digest (sha256sum) with those of the original.",
    )
}

/// tar wraps what went wrong in words of its own, without the kind.
fn kind_of_cause(error: io::Error) -> io::Error {
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    match cause.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error) {
        Some(code) => io::Error::from_raw_os_error(code),
        None => error,
    }
}

/// Removes a folder, if it is there.
fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// Removes unpacked courses but the newest; `newest` has just been made.
fn forget_old(courses: &Path, newest: &Path) {
    let entries = fs::read_dir(courses).into_iter().flatten().flatten();
    let mut others: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    others.retain(|path| path != newest);
    others.sort_by_cached_key(|path| fs::metadata(path).and_then(|m| m.modified()).ok());
    let surplus = (others.len() + 1).saturating_sub(KEPT);
    for old in others.into_iter().take(surplus) {
        let _ = fs::remove_dir_all(old);
    }
}

/// The SHA-256 of what there is to read, in hexadecimal digits.
pub(crate) fn digest_of(mut contents: impl Read) -> io::Result<String> {
    let mut digest = Sha256::new();
    let mut piece = vec![0; 1 << 16];
    loop {
        match contents.read(&mut piece)? {
            0 => break,
            length => digest.update(&piece[..length]),
        }
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// A program's file that carries one file of a course.
    fn carrier() -> Vec<u8> {
        let options = lzma_rust2::XzOptions::with_preset(1);
        let mut tar = tar::Builder::new(lzma_rust2::XzWriter::new(Vec::new(), options).unwrap());
        for (path, text, mode) in
            [("release", "0.1.0 (abc)\n17\n", 0o644), ("programs/probe", "ELF", 0o755)]
        {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(mode);
            tar.append_data(&mut header, path, text.as_bytes()).unwrap();
        }
        let packed = tar.into_inner().unwrap().finish().unwrap();
        let digest = digest_of(&packed[..]).unwrap();
        let footer = format!("{MAGIC} {VERSION} {} {digest}", packed.len());
        let mut carrier = b"\x7fELF and so on".to_vec();
        carrier.extend(packed);
        carrier.extend(format!("{footer:127}\n").bytes());
        carrier
    }

    fn open(bytes: &[u8]) -> Result<Option<Archive>, Error> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Archive::open(file)
    }

    fn unpack(bytes: &[u8], courses: &Path) -> Result<Unpacked, Error> {
        open(bytes)?.expect("a course").unpacked_in(courses, &mut |_| {})
    }

    #[test]
    fn what_is_carried_is_unpacked_once() {
        let cache = tempfile::tempdir().unwrap();
        let unpacked = unpack(&carrier(), cache.path()).unwrap();
        let release = Release { name: "0.1.0 (abc)".into(), time: 17 };
        assert_eq!(unpacked.release().unwrap(), release);
        let probe = unpacked.programs().join("probe");
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&probe).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o755);

        fs::write(&probe, "used").unwrap();
        unpack(&carrier(), cache.path()).unwrap();
        assert_eq!(fs::read_to_string(&probe).unwrap(), "used");
    }

    #[test]
    fn what_an_interrupted_one_left_is_in_nobodys_way() {
        let cache = tempfile::tempdir().unwrap();
        fs::create_dir_all(cache.path().join("part/programs")).unwrap();
        unpack(&carrier(), cache.path()).unwrap();
        assert!(!cache.path().join("part").exists());
    }

    #[test]
    fn any_damage_is_found_and_nothing_is_unpacked() {
        let whole = carrier();
        for place in [20, whole.len() / 2, whole.len() - FOOTER - 1, whole.len() - FOOTER + 40] {
            let cache = tempfile::tempdir().unwrap();
            let mut bytes = whole.clone();
            bytes[place] ^= 1;
            let error = unpack(&bytes, cache.path()).unwrap_err().to_string();
            assert!(error.contains("is damaged"), "{place}: {error}");
            assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 0);
        }
        assert!(open(&whole[20..]).is_err());
        assert!(open(&whole[..whole.len() - 1]).unwrap().is_none());
        assert!(open(b"\x7fELF").unwrap().is_none());
    }

    #[test]
    fn two_courses_are_kept() {
        let cache = tempfile::tempdir().unwrap();
        for old in ["a", "b", "c"] {
            fs::create_dir(cache.path().join(old)).unwrap();
        }
        unpack(&carrier(), cache.path()).unwrap();
        assert_eq!(fs::read_dir(cache.path()).unwrap().count(), KEPT);
    }
}
