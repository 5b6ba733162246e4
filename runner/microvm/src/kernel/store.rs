//! The cache of kernels: a folder with one folder a series.
//!
//! A kernel is put together in a folder `.tmp-*` beside the others; its manifest is written last, and
//! then the folder is renamed into place at once. Adding and removing are under one lock, so whatever
//! is left of a killed run can be told and is cleared by the next one.

use std::path::{Path, PathBuf};
use std::{fs, io};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::apt::AptMachine;
use super::config::check_modules;
use super::deb::{self, CONFIG, IMAGE, MODULES};
use super::image::inspect_image;
use super::lock::Lock;
use super::manifest::{Manifest, disk_use};
use super::{ImageFiles, Kernel, KernelError, Progress, check_config};

/// Beginning of the names of folders that are not valid yet, or no more.
const UNFINISHED: &str = ".tmp-";
/// Name of the lock's file.
const LOCK: &str = ".lock";
/// Release of an image that does not tell.
const UNKNOWN: &str = "unknown";

/// Whether a kernel that is there already is fetched all the same.
#[derive(Clone, Copy)]
enum Anew {
    Yes,
    No,
}

/// The kernels in a folder. Nothing is read or made before a method is called.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

impl Store {
    /// The store in this folder, which is made when the first kernel is added.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The kernels that are complete, by series in natural order.
    pub fn list(&self) -> Result<Vec<Kernel>, KernelError> {
        let names = self.names()?;
        let read = |name: &String| Manifest::read(&self.root.join(name), name).ok();
        Ok(names.iter().filter_map(read).collect())
    }

    /// The names of all kernels, damaged ones too, in natural order.
    pub fn names(&self) -> Result<Vec<String>, KernelError> {
        let mut names = self.all_names()?;
        names.retain(|name| check_name(name).is_ok());
        names.sort_by(|left, right| super::version::compare(left, right));
        Ok(names)
    }

    /// The kernel of this series, or an error that says whether it is missing or damaged.
    pub fn get(&self, series: &str) -> Result<Kernel, KernelError> {
        check_name(series)?;
        let folder = self.root.join(series);
        if !folder.exists() {
            let have = self.list()?.into_iter().map(|kernel| kernel.series).collect();
            return Err(KernelError::NotAdded { series: series.to_owned(), have });
        }
        Manifest::read(&folder, series).map_err(|reason| {
            let series = series.to_owned();
            KernelError::Damaged { series, folder, reason }
        })
    }

    /// Adds the newest kernel of a series from the machine's distribution; one that is there stays.
    pub fn add(&self, series: &str, progress: &mut Progress<'_>) -> Result<Kernel, KernelError> {
        self.add_from(&AptMachine::of_this_machine()?, series, progress)
    }

    /// The same from a machine described otherwise.
    pub fn add_from(
        &self,
        machine: &AptMachine,
        series: &str,
        progress: &mut Progress<'_>,
    ) -> Result<Kernel, KernelError> {
        self.fetch(machine, series, Anew::No, progress)
    }

    /// Adds the newest kernel of a series in place of the one that is there.
    pub fn refresh(
        &self,
        machine: &AptMachine,
        series: &str,
        progress: &mut Progress<'_>,
    ) -> Result<Kernel, KernelError> {
        self.fetch(machine, series, Anew::Yes, progress)
    }

    fn fetch(
        &self,
        machine: &AptMachine,
        series: &str,
        anew: Anew,
        progress: &mut Progress<'_>,
    ) -> Result<Kernel, KernelError> {
        check_name(series)?;
        let _lock = self.lock(progress)?;
        if let (Anew::No, Ok(there)) = (anew, self.get(series)) {
            progress(&format!("Kernel {} is there already", there.release));
            return Ok(there);
        }
        let scratch = self.unfinished()?;
        let fetched = machine.fetch(series, scratch.path(), progress)?;
        let fresh = self.unfinished()?;
        progress(&format!("Unpacking {}", fetched.origin));
        for file in &fetched.files {
            deb::unpack(file, fresh.path())?;
        }
        let parts = [
            (IMAGE, "kernel image"),
            (CONFIG, "kernel configuration"),
            ("modules/modules.builtin", "list of modules"),
        ];
        for (part, name) in parts {
            if !fresh.path().join(part).exists() {
                let reason = format!("there is no {name} in it");
                return Err(KernelError::Package { package: fetched.origin, reason });
            }
        }
        self.finish(fresh, series, Some(&fetched.release), &fetched.origin, machine)
    }

    /// Adds a kernel from files, under any name; it replaces one of the same name.
    ///
    /// The files are copied. Without a configuration given, one beside the image is taken
    /// (`config-RELEASE` for `vmlinuz-RELEASE`), or one in the modules folder; if there is none, the
    /// kernel's options cannot be checked.
    pub fn add_image(
        &self,
        name: &str,
        files: &ImageFiles<'_>,
        progress: &mut Progress<'_>,
    ) -> Result<Kernel, KernelError> {
        check_name(name)?;
        let machine = AptMachine::of_this_machine()?;
        inspect_image(files.image)?;
        let _lock = self.lock(progress)?;
        let fresh = self.unfinished()?;
        progress(&format!("Copying {}", files.image.display()));
        files.copy_to(fresh.path())?;
        let origin = files.image.display().to_string();
        self.finish(fresh, name, None, &origin, &machine)
    }

    /// Adds the running kernel, as far as its files can be read, under the name `host`.
    pub fn add_host(&self, progress: &mut Progress<'_>) -> Result<Kernel, KernelError> {
        let release = rustix::system::uname().release().to_string_lossy().into_owned();
        let boot = PathBuf::from(format!("/boot/vmlinuz-{release}"));
        let modules = PathBuf::from(format!("/lib/modules/{release}"));
        let beside = modules.join("vmlinuz");
        let image = if boot.exists() || !beside.exists() { boot } else { beside };
        let modules = modules.is_dir().then_some(modules);
        let files = ImageFiles { image: &image, modules: modules.as_deref(), config: None };
        self.add_image("host", &files, progress)
    }

    /// Removes a kernel, damaged ones too, and tells how many bytes that freed.
    pub fn remove(&self, series: &str) -> Result<u64, KernelError> {
        check_name(series)?;
        let _lock = self.lock(&mut |_| {})?;
        let folder = self.root.join(series);
        if !folder.exists() {
            return self.get(series).map(|kernel| kernel.bytes);
        }
        let bytes = disk_use(&folder)?;
        let aside = self.unfinished()?;
        let failed = KernelError::io("remove", &folder);
        fs::rename(&folder, aside.path().join("removed")).map_err(&failed)?;
        aside.close().map_err(&failed)?;
        Ok(bytes)
    }

    /// Disk use in bytes of all that is in the store, unfinished kernels included.
    pub fn bytes(&self) -> Result<u64, KernelError> {
        disk_use(&self.root)
    }

    /// Checks a kernel that is unpacked in `fresh`, and puts it into place.
    fn finish(
        &self,
        fresh: tempfile::TempDir,
        series: &str,
        release: Option<&str>,
        origin: &str,
        machine: &AptMachine,
    ) -> Result<Kernel, KernelError> {
        let folder = fresh.path();
        let image = folder.join(IMAGE);
        let info = inspect_image(&image)?;
        if info.architecture != machine.architecture {
            let (its, ours) = (info.architecture.name(), machine.architecture.name());
            let reason = format!("it is for {its}, machines here are {ours}");
            return Err(KernelError::NotAKernel { image: PathBuf::from(origin), reason });
        }
        let modules = folder.join(MODULES);
        fs::create_dir_all(&modules).map_err(KernelError::io("make the folder", &modules))?;
        let config = folder.join(CONFIG);
        if config.exists() {
            check_config(&config)
                .and_then(|()| check_modules(&config, &modules))
                .map_err(|error| named_after(error, origin))?;
        }
        let release = info.release.as_deref().or(release).unwrap_or(UNKNOWN);
        Manifest::measure(folder, series, release, origin)?.write(folder)?;
        self.put_into_place(fresh, series)?;
        self.get(series)
    }

    /// Renames a finished folder to its name at once, in exchange for the one that may be there.
    fn put_into_place(&self, fresh: tempfile::TempDir, series: &str) -> Result<(), KernelError> {
        let place = self.root.join(series);
        let failed = KernelError::io("put the kernel into place at", &place);
        readable_by_all(fresh.path()).map_err(&failed)?;
        if place.exists() {
            let exchange = RenameFlags::EXCHANGE;
            renameat_with(CWD, fresh.path(), CWD, &place, exchange)
                .map_err(io::Error::from)
                .map_err(&failed)?;
            // What is in the temporary folder now is the old kernel.
            return fresh.close().map_err(&failed);
        }
        let path = fresh.keep();
        fs::rename(&path, &place).map_err(|error| {
            let _ = fs::remove_dir_all(&path);
            failed(error)
        })
    }

    /// Takes the lock and clears away what killed runs left: nobody else is at work now.
    fn lock(&self, progress: &mut Progress<'_>) -> Result<Lock, KernelError> {
        let waiting = &mut || progress("Waiting for another process that adds or removes a kernel");
        let lock = Lock::take(&self.root.join(LOCK), waiting)?;
        for name in self.all_names()? {
            if name.starts_with(UNFINISHED) {
                let path = self.root.join(name);
                fs::remove_dir_all(&path).map_err(KernelError::io("remove", &path))?;
            }
        }
        Ok(lock)
    }

    /// A new folder that is removed when it is dropped.
    fn unfinished(&self) -> Result<tempfile::TempDir, KernelError> {
        tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempdir_in(&self.root)
            .map_err(KernelError::io("make a folder in", &self.root))
    }

    fn all_names(&self) -> Result<Vec<String>, KernelError> {
        match fs::read_dir(&self.root) {
            Ok(entries) => Ok(entries
                .flatten()
                .filter_map(|entry| entry.file_name().into_string().ok())
                .collect()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(vec![]),
            Err(error) => Err(KernelError::io("read", &self.root)(error)),
        }
    }
}

/// A temporary folder is for its owner alone; a cache may be shared.
fn readable_by_all(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

/// The configuration's path as the user knows it: the one in the temporary folder is gone soon.
fn named_after(error: KernelError, origin: &str) -> KernelError {
    match error {
        KernelError::Config { missing, .. } => {
            KernelError::Config { config: PathBuf::from(origin), missing }
        }
        KernelError::NoModules { missing, .. } => {
            KernelError::NoModules { config: PathBuf::from(origin), missing }
        }
        other => other,
    }
}

fn check_name(name: &str) -> Result<(), KernelError> {
    let letters = |letter: char| letter.is_ascii_alphanumeric() || "._+-".contains(letter);
    let is_good = name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(letters);
    is_good.then_some(()).ok_or_else(|| KernelError::BadName(name.to_owned()))
}
