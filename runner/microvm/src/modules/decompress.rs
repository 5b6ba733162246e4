//! Reads a module's file, unpacking what the distribution compressed.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::ModuleError;

/// Largest module taken, in bytes when unpacked. The largest in distributions have a few MB, with
/// debugging symbols some tens.
const LARGEST: u64 = 64 << 20;
/// Most memory, in KiB, that unpacking a `.xz` file may take. Modules are packed with 1 MiB.
const XZ_MEMORY_KIB: u32 = 64 << 10;

/// Reads `path`, in the compression its name tells.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, ModuleError> {
    let file =
        File::open(path).map_err(|source| ModuleError::Io { path: path.to_owned(), source })?;
    let file = BufReader::new(file);
    let compression = |reason: String| ModuleError::Compression { path: path.to_owned(), reason };
    let data = match path.extension().and_then(|ending| ending.to_str()) {
        Some("xz") => all_of(lzma_rust2::XzReader::new_mem_limit(file, false, XZ_MEMORY_KIB)),
        Some("zst") => ruzstd::decoding::StreamingDecoder::new(file)
            .map_err(|error| error.to_string())
            .and_then(all_of),
        Some("gz") => all_of(flate2::bufread::GzDecoder::new(file)),
        _ => {
            return all_of(file)
                .map_err(|reason| ModuleError::NotAModule { path: path.to_owned(), reason });
        }
    };
    data.map_err(compression)
}

fn all_of(reader: impl Read) -> Result<Vec<u8>, String> {
    let mut data = Vec::new();
    reader.take(LARGEST + 1).read_to_end(&mut data).map_err(|error| error.to_string())?;
    if data.len() as u64 > LARGEST {
        return Err(format!("more than {} MiB when unpacked", LARGEST >> 20));
    }
    Ok(data)
}
