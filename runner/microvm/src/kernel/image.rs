//! Tells whether a file is a kernel that QEMU can start, and which.
//!
//! Sources of the formats: the kernel's `Documentation/arch/x86/boot.rst` and
//! `Documentation/arch/arm64/booting.rst`.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::{Architecture, KernelError};

/// Most bytes of an image that are looked at.
const MOST: u64 = 256 << 20;
/// Longest release taken from an image, in bytes (`__NEW_UTS_LEN`).
const RELEASE_MAX: usize = 64;

/// What an image tells of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageInfo {
    /// The processor it is for.
    pub architecture: Architecture,
    /// What `uname -r` will say, if the image tells: a compressed ARM one does not.
    pub release: Option<String>,
}

/// Looks at a kernel image: a bzImage, or an Image of an ARM64 kernel, which may be compressed.
pub fn inspect_image(image: &Path) -> Result<ImageInfo, KernelError> {
    let mut data = Vec::new();
    File::open(image).and_then(|file| file.take(MOST).read_to_end(&mut data)).map_err(|error| {
        match error.kind() {
            io::ErrorKind::PermissionDenied => KernelError::Unreadable(image.to_owned()),
            _ => KernelError::io("read", image)(error),
        }
    })?;
    inspect(&data).map_err(|reason| KernelError::NotAKernel { image: image.to_owned(), reason })
}

fn inspect(data: &[u8]) -> Result<ImageInfo, String> {
    if data.is_empty() {
        return Err("the file is empty".to_owned());
    }
    if data.get(0x202..0x206) == Some(b"HdrS") && data.get(0x1fe..0x200) == Some(&[0x55, 0xaa]) {
        return inspect_bzimage(data);
    }
    if data.get(56..60) == Some(b"ARM\x64") {
        return Ok(ImageInfo { architecture: Architecture::Arm64, release: banner(data) });
    }
    if data.starts_with(b"MZ") && data.get(4..8) == Some(b"zimg") {
        return Ok(ImageInfo { architecture: Architecture::Arm64, release: None });
    }
    if data.starts_with(&[0x1f, 0x8b]) {
        return inspect_gzip(data);
    }
    Err(match data {
        [0x7f, b'E', b'L', b'F', ..] => {
            "it is an ELF file, perhaps the vmlinux that it is made from"
        }
        [b'!', b'<', b'a', b'r', ..] => "it is a package; the image is in it",
        _ => "it has the mark neither of an x86 nor of an ARM64 kernel",
    }
    .to_owned())
}

fn inspect_bzimage(data: &[u8]) -> Result<ImageInfo, String> {
    // A zero number of setup sectors stands for four, as in the oldest boot loaders.
    let setup_sectors = match data[0x1f1] {
        0 => 4,
        sectors => usize::from(sectors),
    };
    let paragraphs = u32::from_le_bytes([data[0x1f4], data[0x1f5], data[0x1f6], data[0x1f7]]);
    let expected = (setup_sectors as u64 + 1) * 512 + u64::from(paragraphs) * 16;
    if (data.len() as u64) < expected {
        return Err(format!("it is cut off: {} of {expected} bytes", data.len()));
    }
    let release = match data.get(0x20e..0x210) {
        Some([0, 0]) | None => None,
        Some(at) => {
            let start = usize::from(at[0]) + usize::from(at[1]) * 256 + 0x200;
            data.get(start..).and_then(word)
        }
    };
    Ok(ImageInfo { architecture: Architecture::Amd64, release })
}

fn inspect_gzip(data: &[u8]) -> Result<ImageInfo, String> {
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(data)
        .take(MOST)
        .read_to_end(&mut unpacked)
        .map_err(|error| format!("it is compressed and damaged: {error}"))?;
    if unpacked.get(56..60) != Some(b"ARM\x64") {
        return Err("it is compressed, and what is in it is no ARM64 kernel".to_owned());
    }
    Ok(ImageInfo { architecture: Architecture::Arm64, release: banner(&unpacked) })
}

/// The release in the first `Linux version RELEASE (…` of a kernel that is not compressed.
fn banner(data: &[u8]) -> Option<String> {
    const START: &[u8] = b"Linux version ";
    let mut found = data.windows(START.len()).enumerate().filter(|(_, window)| *window == START);
    // The first hit may be a format string.
    found.find_map(|(at, _)| word(&data[at + START.len()..]))
}

/// A release is one word that begins with a digit.
fn word(text: &[u8]) -> Option<String> {
    let end = text.iter().take(RELEASE_MAX + 1).position(|byte| matches!(byte, 0 | b' '))?;
    let word = str::from_utf8(&text[..end]).ok()?;
    let is_release = word.starts_with(|first: char| first.is_ascii_digit())
        && word.chars().all(|letter| letter.is_ascii_graphic() && letter != '/');
    is_release.then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bzimage(release: &str) -> Vec<u8> {
        let mut data = vec![0; 0x2000];
        data[0x1f1] = 3;
        data[0x1f4..0x1f8].copy_from_slice(&0x180_u32.to_le_bytes());
        data[0x1fe..0x200].copy_from_slice(&[0x55, 0xaa]);
        data[0x202..0x206].copy_from_slice(b"HdrS");
        data[0x20e..0x210].copy_from_slice(&0x300_u16.to_le_bytes());
        data[0x500..0x500 + release.len()].copy_from_slice(release.as_bytes());
        data
    }

    fn arm64(text: &str) -> Vec<u8> {
        let mut data = vec![0; 0x1000];
        data[56..60].copy_from_slice(b"ARM\x64");
        data[0x100..0x100 + text.len()].copy_from_slice(text.as_bytes());
        data
    }

    #[test]
    fn a_bzimage_tells_its_release() {
        let info = inspect(&bzimage("6.1.0-53-cloud-amd64 (someone@somewhere) #1")).unwrap();
        assert_eq!(info.architecture, Architecture::Amd64);
        assert_eq!(info.release.as_deref(), Some("6.1.0-53-cloud-amd64"));
    }

    #[test]
    fn a_release_that_could_be_a_path_is_not_taken() {
        assert_eq!(inspect(&bzimage("6/../../etc x")).unwrap().release, None);
        assert_eq!(inspect(&bzimage("")).unwrap().release, None);
    }

    #[test]
    fn an_image_that_is_cut_off_is_told() {
        let reason = inspect(&bzimage("6.1.0")[..0x1800]).unwrap_err();
        assert_eq!(reason, "it is cut off: 6144 of 8192 bytes");
    }

    #[test]
    fn an_arm_image_is_known_also_when_compressed() {
        let data = arm64("Linux version %s\0Linux version 6.12.1-cloud-arm64 (x)");
        let info = inspect(&data).unwrap();
        assert_eq!(info.architecture, Architecture::Arm64);
        assert_eq!(info.release.as_deref(), Some("6.12.1-cloud-arm64"));
        let mut packed = Vec::new();
        flate2::read::GzEncoder::new(data.as_slice(), flate2::Compression::fast())
            .read_to_end(&mut packed)
            .unwrap();
        assert_eq!(inspect(&packed), Ok(info));
    }

    #[test]
    fn other_files_are_refused_with_a_reason() {
        let table: [(&[u8], &str); 5] = [
            (b"", "empty"),
            (b"\x7fELF\x02", "ELF"),
            (b"!<arch>\ndebian-binary", "package"),
            (b"\x1f\x8bgarbage", "damaged"),
            (&[0; 5000], "neither"),
        ];
        for (data, reason) in table {
            assert!(inspect(data).unwrap_err().contains(reason), "{reason}");
        }
    }
}
