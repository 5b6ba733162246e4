//! Copies the files of a kernel that the user has.

use std::fs;
use std::path::{Path, PathBuf};

use super::deb::{CONFIG, IMAGE, MODULES};
use super::image::inspect_image;
use super::{KernelError, keep};
use crate::modules::ModuleTree;

/// The files of a kernel to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageFiles<'a> {
    /// The image, such as `/boot/vmlinuz-RELEASE`.
    pub image: &'a Path,
    /// Its modules, `/lib/modules/RELEASE`.
    pub modules: Option<&'a Path>,
    /// Its configuration.
    pub config: Option<&'a Path>,
}

impl ImageFiles<'_> {
    /// Copies them into a kernel's folder; of the modules those that are kept.
    pub(super) fn copy_to(&self, folder: &Path) -> Result<(), KernelError> {
        copy(self.image, &folder.join(IMAGE))?;
        if let Some(config) = self.find_config() {
            copy(&config, &folder.join(CONFIG))?;
        }
        if let Some(modules) = self.modules {
            self.check_modules(modules)?;
            copy_modules(modules, "", &folder.join(MODULES))?;
        }
        Ok(())
    }

    fn find_config(&self) -> Option<PathBuf> {
        if let Some(config) = self.config {
            return Some(config.to_owned());
        }
        let name = self.image.file_name()?.to_str()?;
        let beside = name.strip_prefix("vmlinuz").map(|rest| format!("config{rest}"));
        let beside = beside.map(|name| self.image.with_file_name(name));
        let with_modules = self.modules.map(|modules| modules.join("config"));
        beside.into_iter().chain(with_modules).find(|config| config.is_file())
    }

    /// Modules of another kernel would be refused one by one later, in the machine.
    fn check_modules(&self, folder: &Path) -> Result<(), KernelError> {
        let built_for = ModuleTree::open(folder).and_then(|tree| tree.release());
        let built_for = built_for.map_err(KernelError::modules(folder))?;
        let image = inspect_image(self.image)?.release;
        match (built_for, image) {
            (Some(modules), Some(image)) if modules != image => {
                Err(KernelError::OtherModules { folder: folder.to_owned(), modules, image })
            }
            _ => Ok(()),
        }
    }
}

/// Copies what is kept below `from`, which is `path` within the modules folder.
fn copy_modules(from: &Path, path: &str, to: &Path) -> Result<(), KernelError> {
    let failed = KernelError::io("read", from);
    for entry in fs::read_dir(from).map_err(&failed)? {
        let entry = entry.map_err(&failed)?;
        let kind = entry.file_type().map_err(&failed)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = if path.is_empty() { name } else { format!("{path}/{name}") };
        if kind.is_dir() {
            copy_modules(&entry.path(), &path, to)?;
        } else if kind.is_file() && keep::in_modules(&path).is_some() {
            let target = to.join(&path);
            let parent = target.parent().unwrap_or(to);
            fs::create_dir_all(parent).map_err(KernelError::io("make the folder", parent))?;
            copy(&entry.path(), &target)?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), KernelError> {
    fs::copy(from, to).map(|_| ()).map_err(KernelError::io("copy", from))
}
