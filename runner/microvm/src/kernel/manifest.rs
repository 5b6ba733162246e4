//! The file that makes a kernel's folder valid: written last, believed only if it fits the rest.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::deb::{CONFIG, IMAGE, MODULES};
use super::{Kernel, KernelError};

/// Name of the file in a kernel's folder.
pub(super) const MANIFEST: &str = "manifest.json";
/// Version of its format.
const FORMAT: u32 = 1;

/// What the file says, as JSON. Sizes are in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) format: u32,
    pub(super) series: String,
    pub(super) release: String,
    pub(super) origin: String,
    pub(super) image_bytes: u64,
    pub(super) config_bytes: Option<u64>,
    pub(super) modules_bytes: u64,
}

impl Manifest {
    /// Measures a kernel's folder that is complete but for this file.
    pub(super) fn measure(
        folder: &Path,
        series: &str,
        release: &str,
        origin: &str,
    ) -> Result<Self, KernelError> {
        let size = |name: &str| -> Result<u64, KernelError> {
            let path = folder.join(name);
            Ok(fs::metadata(&path).map_err(KernelError::io("read", &path))?.len())
        };
        Ok(Self {
            format: FORMAT,
            series: series.to_owned(),
            release: release.to_owned(),
            origin: origin.to_owned(),
            image_bytes: size(IMAGE)?,
            config_bytes: if folder.join(CONFIG).exists() { Some(size(CONFIG)?) } else { None },
            modules_bytes: disk_use(&folder.join(MODULES))?,
        })
    }

    /// Writes the file and brings all that the folder's validity rests on to the disk first.
    pub(super) fn write(&self, folder: &Path) -> Result<(), KernelError> {
        for name in [IMAGE, CONFIG] {
            let path = folder.join(name);
            if path.exists() {
                File::open(&path)
                    .and_then(|file| file.sync_all())
                    .map_err(KernelError::io("write", &path))?;
            }
        }
        let path = folder.join(MANIFEST);
        let mut text = serde_json::to_string_pretty(self).map_err(|error| KernelError::Io {
            action: "write",
            path: path.clone(),
            source: error.into(),
        })?;
        text.push('\n');
        let mut file = File::create(&path).map_err(KernelError::io("write", &path))?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(KernelError::io("write", &path))
    }

    /// The kernel in `folder`, if its manifest is there and fits what lies beside it. The error is half a
    /// sentence on what is wrong.
    pub(super) fn read(folder: &Path, series: &str) -> Result<Kernel, String> {
        let text = fs::read_to_string(folder.join(MANIFEST))
            .map_err(|error| format!("{MANIFEST} cannot be read: {error}"))?;
        let manifest: Self = serde_json::from_str(&text)
            .map_err(|error| format!("{MANIFEST} cannot be understood: {error}"))?;
        if manifest.format != FORMAT {
            return Err(format!("{MANIFEST} has format {}, not {FORMAT}", manifest.format));
        }
        if manifest.series != series {
            return Err(format!("{MANIFEST} is of kernel {}", manifest.series));
        }
        let has_size = |name: &str, expected: u64| match fs::metadata(folder.join(name)) {
            Ok(there) if there.is_file() && there.len() == expected => Ok(()),
            Ok(there) => Err(format!("{name} has {} bytes, not {expected}", there.len())),
            Err(error) => Err(format!("{name} cannot be read: {error}")),
        };
        has_size(IMAGE, manifest.image_bytes)?;
        if let Some(bytes) = manifest.config_bytes {
            has_size(CONFIG, bytes)?;
        }
        let modules = folder.join(MODULES);
        if !modules.is_dir() {
            return Err(format!("the folder {MODULES} is not there"));
        }
        let config_bytes = manifest.config_bytes.unwrap_or(0);
        Ok(Kernel {
            series: manifest.series,
            release: manifest.release,
            origin: manifest.origin,
            image: folder.join(IMAGE),
            modules,
            config: manifest.config_bytes.map(|_| folder.join(CONFIG)),
            bytes: manifest.image_bytes + config_bytes + manifest.modules_bytes,
        })
    }
}

/// The sizes of all files below a folder, in bytes; 0 if it is not there. Links are not followed.
pub(super) fn disk_use(folder: &Path) -> Result<u64, KernelError> {
    if !folder.exists() {
        return Ok(0);
    }
    let failed = KernelError::io("read", folder);
    let mut bytes = 0;
    for entry in fs::read_dir(folder).map_err(&failed)? {
        let entry = entry.map_err(&failed)?;
        let metadata = entry.metadata().map_err(&failed)?;
        bytes += if metadata.is_dir() { disk_use(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}
